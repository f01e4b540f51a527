"""What people do on the web site and in the product, and the browsers with which they do it."""

from dataclasses import dataclass

SITE = "https://www.product.example"


@dataclass(frozen=True)
class Deed:
    """One kind of call: `name` is the event or the page, `weight` how often it happens."""

    type: str
    name: str
    path: str
    properties: str
    weight: float
    is_product: bool = False


DEEDS = (
    Deed("page", "Home", "/", '{"path":"/","title":"Home"}', 9),
    Deed("page", "価格", "/pricing", '{"path":"/pricing","title":"価格"}', 5),
    Deed("page", "Features", "/features", '{"path":"/features"}', 4),
    Deed("page", "導入事例", "/customers", '{"path":"/customers","title":"導入事例"}', 3),
    Deed("page", "Blog", "/blog/revenue-operations", '{"path":"/blog/revenue-operations"}', 6),
    Deed("page", "Docs", "/docs/start", '{"path":"/docs/start"}', 3),
    Deed("track", "Form Submitted", "/demo", '{"form":"demo_request","key_event":true}', 0.6),
    Deed("track", "資料ダウンロード", "/resources", '{"asset":"whitepaper","key_event":true}', 0.8),
    Deed("track", "Webinar Registered", "/webinar", '{"key_event":true}', 0.4),
    Deed("track", "Video Played", "/features", '{"seconds":95}', 1.2),
    Deed("page", "Dashboard", "/app", '{"path":"/app"}', 8, is_product=True),
    Deed("screen", "Accounts", "/app/accounts", "{}", 2, is_product=True),
    Deed("track", "Signed In", "/app", '{"method":"sso"}', 5, is_product=True),
    Deed("track", "Report Viewed", "/app/reports", '{"report":"pipeline"}', 6, is_product=True),
    Deed("track", "Record Exported", "/app/reports", '{"rows":250}', 1.5, is_product=True),
    Deed("track", "User Invited", "/app/users", '{"role":"member"}', 0.5, is_product=True),
    Deed("track", "Sync Started", "/app/syncs", '{"destination":"crm"}', 2, is_product=True),
    Deed("track", "Plan Limit Reached", "/app/billing", '{"limit":"seats"}', 0.2, is_product=True),
)  # fmt: skip

REFERRERS = ("", "https://www.search.example/", "https://news.example/", "https://social.example/")
CAMPAIGNS = (
    '"campaign":{"source":"google","medium":"cpc","name":"brand_jp"},',
    '"campaign":{"source":"linkedin","medium":"paid_social","name":"abm_2026"},',
    '"campaign":{"source":"newsletter","medium":"email","name":"月刊ニュース"},',
)
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Safari/17.5",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile",
)
