"""How far deals and people came, and where deals stand still: stage, stall."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from tests.metrics.oracle.company import Company, Opportunity, Record, ratio_text, share
from tests.metrics.oracle.deals import Deals, days, mean, stage_order
from tests.metrics.oracle.people import living, stage_entries


def records(company: Company) -> Iterator[Record]:
    deals = Deals(company)
    yield from _conversion(company, deals)
    yield from _time_in_stage(company, deals)
    yield from _current_stage_of_people(company)
    yield from _stall(company, deals)


def _reached(company: Company, deals: Deals, deal: Opportunity) -> int:
    """How many stages it came to: those skipped count, and so does a win that stands."""
    order = stage_order(company)
    if deal.is_won:
        return len(order)
    seen = [row.stage for row in deals.history(deal)] or [deal.stage]
    return max((order[:-1].index(stage) + 1 for stage in seen if stage in order[:-1]), default=0)


def _conversion(company: Company, deals: Deals) -> Iterator[Record]:
    order = stage_order(company)
    came = [(deal, _reached(company, deals, deal)) for deal in deals.sales]
    for number, stage in enumerate(order, 1):
        count = sum(reached >= number for _, reached in came)
        yield Record("stage_reached_count", {"stage": stage}, str(count))
    for number, (stage, following) in enumerate(pairwise(order), 1):
        dims = {"from_stage": stage, "to_stage": following}
        for metric, reached in {
            "stage_conversion_rate": [reached for _, reached in came],
            "stage_conversion_rate_closed_only": [r for deal, r in came if deal.is_closed],
        }.items():
            rate = share(sum(r > number for r in reached), sum(r >= number for r in reached))
            yield Record(metric, dims, ratio_text(rate))


def _time_in_stage(company: Company, deals: Deals) -> Iterator[Record]:
    """All visits of a deal together; one that lasts, until now."""
    spent: dict[str, list[Fraction]] = defaultdict(list)
    for deal in deals.sales:
        rows = deals.history(deal)
        ends = [row.entered_at for row in rows[1:]] + [company.calendar.as_of]
        visits: dict[str, Fraction] = defaultdict(Fraction)
        for row, end in zip(rows, ends, strict=False):
            visits[row.stage] += days(end - row.entered_at)
        for stage, span in visits.items():
            spent[stage].append(span)
    for stage in stage_order(company)[:-1]:
        yield Record("days_in_stage_mean", {"stage": stage}, ratio_text(mean(spent[stage])))


def _current_stage_of_people(company: Company) -> Iterator[Record]:
    entries = stage_entries(company)
    current = Counter(
        entries[person.person_id][-1].stage
        for person in living(company)
        if person.person_id in entries
    )
    for stage, count in sorted(current.items()):
        dims = {"stage": stage, "as_of": company.calendar.as_of_date.isoformat()}
        yield Record("persons_current_stage", dims, str(count))
        yield Record("persons_current_stage_share", dims, ratio_text(share(count, current.total())))


def _stall(company: Company, deals: Deals) -> Iterator[Record]:
    for deal in deals.open:
        since = deals.last_run_began(deal) or deal.created_at
        age = days(company.calendar.as_of - since)
        stalled = age > int(company.policy["stall_days"])
        dims = {"opportunity_id": deal.opportunity_id}
        yield Record("is_stalled", dims, "true" if stalled else "false")
        yield Record("days_in_current_stage", dims, ratio_text(age))
