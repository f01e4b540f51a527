"""How many of the e-mails of a campaign were sent, came in, were opened and followed, by day."""

from collections import Counter
from datetime import datetime

from sandbox.generation.ledger import Ledger
from sandbox.generation.meaning import business_day


class Mails:
    """Counts until the end: nobody gets the same e-mail twice where one story is told."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Counter[str]] = {}

    def count(self, campaign: str, at: datetime, what: str) -> None:
        """`what` is a column of `campaign_stat`."""
        self._counts.setdefault((campaign, business_day(at)), Counter())[what] += 1

    def write(self, ledger: Ledger) -> None:
        for (campaign, day), counts in sorted(self._counts.items()):
            names = ("sends", "delivered", "unique_opens", "unique_clicks")
            figures = {name: counts[name] for name in names}
            source, _, record_id = campaign.partition(":")
            ledger.add(
                "campaign_stat",
                source,
                record_id,
                campaign_id=campaign,
                stat_date=day,
                channel="email",
                **figures,
            )
