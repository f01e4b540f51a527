"""Visits that are planned one by one, told by calls, and written down as what happened."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from sandbox.generation.chance import Chance
from sandbox.generation.customer import KnownPerson
from sandbox.generation.ledger import Ledger
from sandbox.generation.meaning import touch_of
from sandbox.instants import parse_instant
from sandbox.vendors.events.drawing import DAYS, IDENTIFY, Calls
from sandbox.vendors.events.templates import AGENTS, DEEDS

_CAMPAIGN_CHANNELS = ("paid_search", "paid_social", "email")
_NO_CAMPAIGN = len(_CAMPAIGN_CHANNELS)
_DEEDS = {deed.name: place for place, deed in enumerate(DEEDS)}
_FORMS = {
    "Form Submitted": "form_demo",
    "資料ダウンロード": "content_download",
    "Webinar Registered": "webinar_register",
}
_CLOCKS = (0, 0, 0, 0, 0, 17 * 60, 9 * 3_600, -365 * 86_400)


@dataclass(frozen=True)
class Visit:
    """One visit: by which channel, and what was done how many seconds after it began."""

    started_at: datetime
    campaign: int
    referrer: int
    deeds: tuple[tuple[int, int], ...]

    @property
    def channel(self) -> str:
        if self.campaign != _NO_CAMPAIGN:
            return _CAMPAIGN_CHANNELS[self.campaign]
        return "referral" if self.referrer else "direct"

    @property
    def kinds(self) -> set[str]:
        """The kinds of touches for which it may be taken."""
        forms = [_FORMS[name] for name in self._names if name in _FORMS]
        return {touch_of(self.channel), "web_visit", *forms, *(["form"] if forms else [])}

    @property
    def _names(self) -> list[str]:
        return [DEEDS[deed].name for deed, _ in self.deeds if deed < len(DEEDS)]

    def write(self, ledger: Ledger, key: str, whose: dict[str, str]) -> None:
        """The visit, that somebody came, and the forms that they filled in."""
        kinds = [DEEDS[deed].type for deed, _ in self.deeds if deed < len(DEEDS)]
        forms = [(DEEDS[d].name, s) for d, s in self.deeds if d < len(DEEDS)]
        forms = [(_FORMS[name], second) for name, second in forms if name in _FORMS]
        ledger.add(
            "web_session",
            "events",
            key,
            session_id=key,
            started_at=self.started_at,
            channel=self.channel,
            page_views=sum(kind in {"page", "screen"} for kind in kinds),
            engagement_seconds=self.deeds[-1][1],
            key_events=len(forms),
            **whose,
        )
        enter_arrival(ledger, "events", key, (self.started_at, self.channel), whose)
        for place, (touch, second) in enumerate(forms):
            ledger.add(
                "touch",
                "events",
                key,
                touch_id=f"{key}/{place}",
                occurred_at=self.started_at + timedelta(seconds=second),
                channel=self.channel,
                touch_type=touch,
                is_marketing=True,
                **whose,
            )


def enter_arrival(
    ledger: Ledger, source: str, key: str, arrival: tuple[datetime, str], whose: dict[str, str]
) -> None:
    """That somebody came, when and by which channel; whoever comes directly was led by nobody."""
    at, channel = arrival
    ledger.add(
        "touch",
        source,
        key,
        touch_id=key,
        occurred_at=at,
        channel=channel,
        touch_type=touch_of(channel),
        is_marketing=channel != "direct",
        **whose,
    )


def draw_visits(chance: Chance, until: datetime, *, says: bool, buys: bool) -> list[Visit]:
    """What one browser does, a visit a day at most; in one of them they may say who they are."""
    days = sorted(chance.sample(range(2, DAYS - 2), chance.choice((0, 1, 1, 2, 4))))
    visits = [_draw(chance, until - timedelta(days=day), buys=buys) for day in days]
    if says and visits:
        place = chance.randrange(len(visits))
        visits[place] = _with_identify(visits[place])
    return visits


def _draw(chance: Chance, day: datetime, *, buys: bool) -> Visit:
    names = [deed.name for deed in DEEDS if buys or not deed.is_product]
    weights = [deed.weight for deed in DEEDS if buys or not deed.is_product]
    done = ["Home", *chance.choices(names, weights, k=chance.randint(1, 6))]
    seconds, deeds = 0, []
    for name in done:
        deeds.append((_DEEDS[name], seconds))
        seconds += chance.randint(3, 400)
    at = day - timedelta(seconds=chance.randrange(80_000))
    campaign = chance.choice((0, 1, 2, *([_NO_CAMPAIGN] * 6)))
    return Visit(at, campaign, chance.choice((0, 0, 1, 2, 3)), tuple(deeds))


def _with_identify(visit: Visit) -> Visit:
    first, second, *rest = visit.deeds
    between = (IDENTIFY, (first[1] + second[1]) // 2)
    return Visit(visit.started_at, visit.campaign, visit.referrer, (first, between, second, *rest))


def write_all(
    ledger: Ledger,
    known: KnownPerson,
    account: str,
    browsers: dict[str, list[Visit]],
    *,
    says: bool,
) -> None:
    """What somebody did with each browser, also what the product has seen of it.

    Whoever once says who they are, here or by signing in, is known in all visits of that browser.
    """
    for anonymous, visits in browsers.items():
        seen = [row for row in known.visits if row[1] == anonymous]
        is_said = any(deed == IDENTIFY for visit in visits for deed, _ in visit.deeds)
        is_known = (says and is_said) or any(row[2] for row in seen)
        whose = {"person_id": known.person.key, "account_id": account} if is_known else {}
        for place, visit in enumerate(visits):
            visit.write(ledger, f"{anonymous}/{place}", whose)
        for session, _, _, started, channel, views, seconds, key_events in seen:
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
            enter_arrival(ledger, "database", session, (parse_instant(started), channel), whose)


def calls_of(chance: Chance, browsers: list[list[Visit]], until: int) -> Calls:
    """The calls that tell the visits: each browser has a clock, and some calls come late."""
    rows: list[tuple[Any, ...]] = []
    for visitor, visits in enumerate(browsers):
        clock, agent = chance.choice(_CLOCKS) * 1_000, chance.randrange(len(AGENTS))
        knows = False
        for visit in visits:
            for place, (deed, second) in enumerate(visit.deeds):
                knows = knows or deed == IDENTIFY
                at = int(visit.started_at.timestamp() + second) * 1_000
                delay = chance.choice((20, 1_500, 1_500, 40_000, 7_200_000))
                message = f"{chance.getrandbits(128):032x}".encode()
                campaign = visit.campaign if place == 0 else _NO_CAMPAIGN
                referrer = visit.referrer if place == 0 else 0
                rows.append(
                    (
                        visitor,
                        deed,
                        knows,
                        at + clock,
                        at + delay + clock,
                        min(at + delay, until - 1),
                        0,
                        message,
                        agent,
                        referrer,
                        campaign,
                    )
                )
    types = ("i8", "i1", "?", "i8", "i8", "i8", "i1", "S32", "i1", "i1", "i1")
    columns = [np.array(c, t) for c, t in zip(zip(*rows, strict=True), types, strict=True)]
    return Calls(*columns).take(np.argsort(columns[5], kind="stable"))
