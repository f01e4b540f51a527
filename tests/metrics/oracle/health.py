"""How healthy each customer is, and by which components: health."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

from tests.metrics.oracle.calendar import add_months
from tests.metrics.oracle.company import Activity, Company, Record, ratio_text, total
from tests.metrics.oracle.deals import days, mean
from tests.metrics.oracle.engagement import customers_now
from tests.metrics.oracle.mrr import Mrr, kind_of
from tests.metrics.oracle.people import erased, living
from tests.metrics.oracle.rules import document, highest_floor
from tests.metrics.oracle.support import STATUSES

_FULL = Fraction(100)
_DONE = {"solved", "closed"}


def records(company: Company) -> Iterator[Record]:
    config = document(company, "health_config")
    if config is None:
        return
    health = Health(company, config)
    for account_id in sorted(filter(None, customers_now(company))):
        who = {"account_id": account_id}
        points = health.components(account_id)
        for component, value in points.items():
            dims = {**who, "component": component}
            yield Record("health_component", dims, ratio_text(value))
        score = weighted(config, points)
        yield Record("health_score", who, ratio_text(score))
        band = "insufficient" if score is None else highest_floor(config["bands"], score)
        yield Record("health_band", who, band)


def weighted(config: dict[str, Any], points: dict[str, Fraction | None]) -> Fraction | None:
    """The mean of what is known; undefined where that is too little."""
    weights = {name: Fraction(weight) for name, weight in config["components"].items()}
    present = {name: value for name, value in points.items() if value is not None}
    weight = total(weights[name] for name in present)
    least = Fraction(config["min_weight_present"]) * total(weights.values())
    if weight == 0 or weight < least:
        return None
    return total(weights[name] * value for name, value in present.items()) / weight


class Health:
    """The components of one company's customers."""

    def __init__(self, company: Company, config: dict[str, Any]) -> None:
        self.company = company
        self.config = config
        self.as_of = company.calendar.as_of

    def components(self, account_id: str) -> dict[str, Fraction | None]:
        ways: dict[str, Callable[[str], Fraction | None]] = {
            "usage": self.usage,
            "support": self.support,
            "sentiment": self.sentiment,
            "financial": self.financial,
            "engagement": self.engagement,
        }
        return {name: _bounded(ways[name](account_id)) for name in self.config["components"]}

    def _usage_month(self) -> str | None:
        """The one named, if it has begun; else the last that is over."""
        calendar = self.company.calendar
        begins = calendar.date_of(self.as_of).replace(day=1)
        named = self.config.get("usage_month")
        if named is None:
            return f"{add_months(begins, -1):%Y-%m}"
        has_begun = calendar.start_of(begins.fromisoformat(f"{named}-01")) < self.as_of
        return str(named) if has_begun else None

    def usage(self, account_id: str) -> Fraction | None:
        month = self._usage_month()
        row = next(
            (
                row
                for row in self.company.product_usage
                if row.account_id == account_id and row.usage_month == month
            ),
            None,
        )
        if row is None or not row.licensed_seats or row.active_users is None:
            return None
        return 100 * Fraction(row.active_users, row.licensed_seats)

    def support(self, account_id: str) -> Fraction:
        costs = self.config["support"]
        unsolved = reopened = 0
        for ticket in self.company.tickets:
            if (
                ticket.account_id == account_id
                and not ticket.is_deleted
                and ticket.merged_into_ticket_id is None
                and ticket.created_at < self.as_of
            ):
                statuses = self._statuses(ticket.ticket_id)
                last = statuses[-1][1] if statuses else ticket.current_status
                unsolved += last not in _DONE
                reopened += any(
                    before in _DONE
                    and status not in {*_DONE, "deleted"}
                    and at >= self.as_of - timedelta(days=90)
                    for (_, before), (at, status) in pairwise(statuses)
                )
        lost = Fraction(costs["per_unsolved"]) * unsolved
        return _FULL - lost - Fraction(costs["per_reopened_90d"]) * reopened

    def _statuses(self, ticket_id: str) -> list[tuple[datetime, str]]:
        rows = [
            (row.entered_at, STATUSES.index(row.status))
            for row in self.company.ticket_statuses
            if row.ticket_id == ticket_id and row.entered_at < self.as_of
        ]
        return [(at, STATUSES[status]) for at, status in sorted(rows)]

    def sentiment(self, account_id: str) -> Fraction | None:
        """Of the latest answer of each person, given for this account."""
        return mean(
            [self._opinion(score) for (of, _), score in self._answers.items() if of == account_id]
        )

    @cached_property
    def _answers(self) -> dict[tuple[str | None, str], int]:
        """The latest of each person in the window of days, under the account it was given for."""
        since = self.as_of - timedelta(days=int(self.config["sentiment_window_days"]))
        gone = erased(self.company)
        latest = {
            answer.person_id: answer
            for answer in sorted(
                self.company.nps_responses, key=lambda row: (row.responded_at, row.response_id)
            )
            if since <= answer.responded_at < self.as_of and answer.person_id not in gone
        }
        return {(row.account_id, person): row.score for person, row in latest.items()}

    def _opinion(self, score: int) -> Fraction:
        kind = "promoter" if score >= 9 else "detractor" if score <= 6 else "passive"
        return Fraction(self.config["nps_points"][kind])

    def financial(self, account_id: str) -> Fraction:
        points = self.config["financial"]
        if account_id in self._past_due:
            return Fraction(points["past_due"])
        if account_id in self._contracted:
            return Fraction(points["contraction_last_3_months"])
        return Fraction(points["otherwise"])

    @cached_property
    def _past_due(self) -> set[str]:
        inclusive = self.company.policy["mrr"]["month_end_inclusive_of_expiring"]
        return {
            item.account_id
            for item in self.company.subscription_items
            if item.status == "past_due"
            and item.valid_from < self.as_of
            and (
                item.valid_to is None
                or item.valid_to > self.as_of
                or (inclusive and item.valid_to == self.as_of)
            )
        }

    @cached_property
    def _contracted(self) -> set[str]:
        """Who paid less at one of the last three month ends than at the one before, and paid."""
        mrr = Mrr(self.company)
        found = set()
        for before, month in list(pairwise(mrr.history))[-3:]:
            for account_id in mrr.on(before.label):
                on = mrr.is_on(account_id, month.label)
                step = mrr.step(account_id, before, month)
                if kind_of(step, was_on=True, is_on=on, seen=True) == "contraction":
                    found.add(account_id)
        return found

    def engagement(self, account_id: str) -> Fraction:
        last = self._engaged.get(account_id)
        if last is None:
            return Fraction(0)
        age = days(self.as_of - last)
        kept = [
            (limit, Fraction(points))
            for limit, points in self.config["engagement_days"]
            if age <= limit
        ]
        return min(kept)[1] if kept else Fraction(0)

    @cached_property
    def _engaged(self) -> dict[str, datetime]:
        return last_engaged(self.company)


def _bounded(points: Fraction | None) -> Fraction | None:
    return None if points is None else min(max(points, Fraction(0)), _FULL)


def last_engaged(company: Company) -> dict[str, datetime]:
    """When somebody last met each account, in whatever way but being turned away."""
    homes = {person.person_id: person.account_id for person in living(company)}
    gone, turned_away = erased(company), company.policy["attribution"]["exclude_touch_types"]
    met = [
        (touch.account_id or homes.get(touch.person_id or ""), touch.occurred_at)
        for touch in company.touches
        if touch.person_id not in gone
        and touch.touch_type not in turned_away
        and touch.occurred_at < company.calendar.as_of
    ] + [
        (activity.account_id or homes.get(activity.person_id or ""), activity.occurred_at)
        for activity in activities(company)
    ]
    return {account_id: at for account_id, at in sorted(met, key=lambda one: one[1]) if account_id}


def activities(company: Company) -> list[Activity]:
    """Those known, with nobody who asked to be erased."""
    gone = erased(company)
    return [
        activity
        for activity in company.activities
        if activity.occurred_at < company.calendar.as_of and activity.person_id not in gone
    ]
