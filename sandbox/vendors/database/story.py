"""Who really visited the web site: the truth behind the product's own sessions."""

from typing import Any

from sandbox.generation.ledger import Ledger
from sandbox.instants import parse_instant

Visit = tuple[Any, ...]
# A row of `web_sessions`, who it was and at which company.
Seen = tuple[Visit, str, str]
_TOUCHES = {"paid_search": "ad_click", "paid_social": "ad_click", "email": "email_click"}


def kinds(visit: Visit) -> tuple[str]:
    return (_TOUCHES.get(visit[4], "page_visit"),)


def enter_visits(ledger: Ledger, seen: list[Seen]) -> None:
    """The visits of one browser; whoever signs in once is known in all of them."""
    is_known = any(visit[2] for visit, _, _ in seen)
    for visit, person, account in seen:
        session, _, _, started, channel, views, seconds, key_events = visit
        whose = {"person_id": person, "account_id": account} if is_known else {}
        ledger.add(
            "web_session",
            "database",
            session,
            session_id=session,
            started_at=parse_instant(started),
            channel=channel,
            page_views=views,
            engagement_seconds=seconds,
            key_events=key_events,
            **whose,
        )
        ledger.add(
            "touch",
            "database",
            session,
            touch_id=session,
            occurred_at=parse_instant(started),
            channel=channel,
            touch_type=kinds(visit)[0],
            is_marketing=channel != "direct",
            **whose,
        )
