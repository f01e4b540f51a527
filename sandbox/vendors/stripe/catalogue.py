"""What is sold: products, their prices in four currencies, coupons and promotion codes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.store import Record
from sandbox.vendors.stripe.records import coupon, price, product, promotion_code, recurring

CURRENCIES = ("usd", "eur", "jpy", "bhd")
CONNECTORS = (
    "Ads", "Billing", "Calendar", "Chat", "Data lake", "E-mail", "ERP", "Forms", "Mobile",
    "Telephony", "Webinar",
)  # fmt: skip
_PRODUCTS = {
    "seat": ("Platform", "seat"),
    "analytics": ("Analytics add-on", "seat"),
    "api": ("API calls", "call"),
    "onboarding": ("導入支援 / Onboarding", None),
    "connector": ("Connector", None),
    "legacy": ("Legacy plan", "seat"),
}
# Code, interval, its count, and the minor units of each currency, which has 2, 2, 0, 3 decimals.
_PRICES: tuple[tuple[str, str | None, int, tuple[str, ...]], ...] = (
    ("seat", "month", 1, ("5000", "4500", "6000", "18750")),
    ("seat", "month", 3, ("14250", "12900", "17100", "53400")),
    ("seat", "year", 1, ("54000", "48600", "64800", "202500")),
    ("seat", "week", 1, ("1250", "1150", "1500", "4700")),
    ("analytics", "month", 1, ("10012", "9100", "12000", "37545")),
    ("analytics", "year", 1, ("120150", "109000", "144000", "450565")),
    ("api", "month", 1, ("0.5", "0.4", "0.5", "1.875")),
    ("onboarding", None, 1, ("200000", "180000", "250000", "750000")),
    ("legacy", "month", 1, ("2900", "2500", "3300", "10900")),
)


@dataclass
class Catalogue:
    """Everything that is sold, with the records that other records refer to by id."""

    products: dict[str, Record] = field(default_factory=dict)
    prices: dict[tuple[str, str, str | None, int], Record] = field(default_factory=dict)
    coupons: dict[str, Record] = field(default_factory=dict)
    promotion_codes: list[Record] = field(default_factory=list)
    # Every record by its id: discounts are added as they are given.
    by_id: dict[str, Record] = field(default_factory=dict)

    def price(self, code: str, currency: str, interval: str | None, count: int = 1) -> Record:
        return self.prices[code, currency, interval, count]

    def connectors(self, currency: str) -> list[Record]:
        return [self.price(f"connector {name}", currency, "month") for name in CONNECTORS]


def make_catalogue(new_id: Callable[[str], str], since: int) -> Catalogue:
    """The same catalogue for every company, with new ids; `since` is unix seconds."""
    made = Catalogue()
    for code, (name, unit) in _PRODUCTS.items():
        is_sold = code != "legacy"
        one = product(new_id("prod"), name, since, unit_label=unit, active=is_sold)
        made.products[code] = one
    rows = [*_PRICES, *((f"connector {name}", "month", 1, _connector(name)) for name in CONNECTORS)]
    for code, interval, count, amounts in rows:
        for currency, amount in zip(CURRENCIES, amounts, strict=True):
            one = _price(made, new_id("price"), code, (currency, amount), (interval, count))
            made.prices[code, currency, interval, count] = one
            made.by_id[one["id"]] = one
    for one in _coupons(since):
        made.coupons[one["id"]] = made.by_id[one["id"]] = one
    for code in ("LAUNCH20", "HALF3"):
        made.promotion_codes.append(promotion_code(new_id("promo"), f"{code}-JP", code, since))
    return made


def _connector(name: str) -> tuple[str, ...]:
    cents = 900 + 100 * len(name)
    return (str(cents), str(cents - 50), str(cents), str(cents * 4))


def _price(
    made: Catalogue,
    record_id: str,
    code: str,
    money: tuple[str, str],
    cycle: tuple[str | None, int],
) -> Record:
    of, (interval, count) = made.products[code.partition(" ")[0]], cycle
    usage = "metered" if code == "api" else "licensed"
    every = "once" if interval is None else "quarterly" if count == 3 else f"{interval}ly"
    return price(
        record_id,
        of["id"],
        *money,
        of["created"],
        nickname=f"{code.partition(' ')[2] or of['name']} {every}",
        recurring=recurring(interval, count, usage_type=usage) if interval else None,
        active=code != "legacy",
    )


def _coupons(since: int) -> list[Record]:
    return [
        coupon("LAUNCH20", "20 % forever", since, percent_off=20.0),
        coupon("LOYAL12", "12.5 % forever", since, percent_off=12.5),
        coupon(
            "HALF3",
            "Half price for three months",
            since,
            percent_off=50.0,
            duration="repeating",
            duration_in_months=3,
        ),
        coupon("FREE100", "Free for friends", since, percent_off=100.0),
        coupon("PARTNER10", "10 USD off", since, amount_off=1000, currency="usd"),
        coupon("WELCOME", "10 % off the first bill", since, percent_off=10.0, duration="once"),
        coupon("UNUSED", "Never given", since, percent_off=5.0, duration="once"),
    ]
