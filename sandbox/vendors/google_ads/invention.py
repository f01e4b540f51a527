"""What the company spends on advertising: a handful of campaigns, and their figures by day."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.generation.invention import Invention
from sandbox.generation.output import RecordFiles
from sandbox.instants import zendesk_instant
from sandbox.vendors.google_ads import story
from sandbox.vendors.google_ads.audiences import user_list
from sandbox.vendors.google_ads.conversions import action
from sandbox.vendors.google_ads.records import campaign, customer, stat

Record = dict[str, Any]

DAYS, RESTATED = 400, 30
_TOKYO = timedelta(hours=9)
# Name, channel, status, yen a day, networks.
_CAMPAIGNS = (
    ("検索｜指名 RevOps", "SEARCH", "ENABLED", 12_000, ("SEARCH", "SEARCH_PARTNERS")),
    ("検索｜一般 データ統合", "SEARCH", "ENABLED", 38_000, ("SEARCH",)),
    ("Search | Competitors", "SEARCH", "PAUSED", 9_000, ("SEARCH",)),
    ("ディスプレイ｜リターゲティング", "DISPLAY", "ENABLED", 15_000, ("CONTENT",)),
    ("動画｜導入事例", "VIDEO", "ENABLED", 8_000, ("YOUTUBE",)),
    ("P-MAX | trial sign-ups", "PERFORMANCE_MAX", "ENABLED", 22_000, ("MIXED",)),
    ("検索｜終了 2025春", "SEARCH", "REMOVED", 18_000, ("SEARCH",)),
)


class Advertising(Invention):
    """One account in yen; what it shows of the last days grows when a day passes."""

    vendor = "google_ads"
    files = ("customers", "campaigns", "campaign_stats", "conversion_actions", "user_lists")

    def begin(self) -> None:
        self._at = self.scene.as_of - timedelta(days=1)
        self._today = (self.scene.as_of + _TOKYO).date()
        number = f"{self.rng.randint(10**9, 10**10 - 1)}"
        owner = customer(number, "レベニュー・ラボ株式会社", self._at)
        self._customer = number
        self.add("customers", owner)
        self.add("conversion_actions", action(owner, 700_000_001, "RevOps won deal"))
        self.add("user_lists", user_list(owner, 800_000_001, "RevOps target accounts"))
        self._figures: list[tuple[Record, str, int]] = []
        self._recent: list[Record] = []
        for name, channel, status, yen, networks in _CAMPAIGNS:
            found = campaign(owner, self.number("campaigns", 2_000_000_000), name, channel, status)
            self.add("campaigns", found)
            self._figures += [(found, network, yen // len(networks)) for network in networks]
            days: dict[date, list[Record]] = {}
            for network in networks:
                self._spend(found, network, yen // len(networks), status, days)
            story.enter_campaign(self.scene.ledger, found, days)

    def credentials(self) -> dict[str, Any]:
        return {
            "client_id": f"{self.digits(10)}.apps.sandbox.example",
            "client_secret": f"GOCSPX-{self.digits(24)}",
            "refresh_token": f"1//{self.digits(40)}",
            "developer_token": self.digits(22),
            "customer_ids": self._customer,
            "login_customer_id": "1112223333",
            "customer_match_terms": "accepted",
            "start": f"{self._today - timedelta(days=DAYS):%Y-%m-%d}",
        }

    def _spend(
        self, found: Record, network: str, yen: int, status: str, days: dict[date, list[Record]]
    ) -> None:
        last = {"ENABLED": 0, "PAUSED": 45, "REMOVED": 200}[status]
        for age in range(DAYS, last - 1, -1):
            day = self._today - timedelta(days=age)
            record = stat(found, day, network, self._metrics(yen, day, age), self._at)
            self.add("campaign_stats", record)
            days.setdefault(day, []).append(record)
            if age <= RESTATED:
                self._recent.append(record)

    def _metrics(self, yen: int, day: date, age: int) -> Record:
        """Figures as they are shown so many days later: conversions come in slowly."""
        weekday = 0.4 if day.weekday() >= 5 else 1.0
        cost = int(yen * weekday * self.rng.uniform(0.7, 1.25))
        clicks = max(1, cost // self.rng.randint(80, 400))
        settled = min(1.0, 0.55 + 0.45 * age / RESTATED)
        conversions = round(clicks * 0.03 * settled * self.rng.uniform(0.5, 1.5), 2)
        return {
            "costMicros": str(cost * 1_000_000),
            "clicks": str(clicks),
            "impressions": str(clicks * self.rng.randint(15, 60)),
            "conversions": conversions,
            "conversionsValue": round(conversions * 12_000, 1),
            "allConversions": round(conversions * 1.2, 2),
            "viewThroughConversions": str(int(conversions)),
            "videoTrueviewViews": "0",
        }

    def next_day(self, files: RecordFiles, directory: Path) -> list[dict[str, Any]]:  # noqa: ARG002
        """A new day of figures, and those of the last days restated; one row is gone."""
        at = self.next_moment()
        gone = self.rng.choice(self._recent)
        for record in self._recent:
            if record is not gone:
                files.add(self.vendor, "campaign_stats", self._restated(record, at))
        tomorrow = self._today + timedelta(days=1)
        for found, network, yen in self._figures:
            if found["campaign"]["status"] == "ENABLED":
                metrics = self._metrics(yen, tomorrow, 0)
                files.add(
                    self.vendor, "campaign_stats", stat(found, tomorrow, network, metrics, at)
                )
        return [{"vendor": self.vendor, "object": "campaign_stats", "id": gone["id"]}]

    def _restated(self, record: Record, at: datetime) -> Record:
        """More conversions, and a little less cost: invalid clicks are paid back."""
        metrics, age = (
            record["metrics"],
            self._today - date.fromisoformat(record["segments"]["date"]),
        )
        cost = int(metrics["costMicros"])
        if age.days <= 3:
            cost -= cost // 1_000_000 * 3 // 100 * 1_000_000
        conversions = round(metrics["conversions"] + self.rng.choice((0.5, 1.0, 1.25)), 2)
        changed = {
            "costMicros": str(cost),
            "conversions": conversions,
            "conversionsValue": round(conversions * 12_000, 1),
            "allConversions": round(conversions * 1.2, 2),
        }
        stamp = zendesk_instant(at)
        return {**record, "metrics": {**metrics, **changed}, "restatedAt": stamp}


INVENTION = Advertising
