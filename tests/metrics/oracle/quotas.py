"""What owners promised and what they brought: quota, forecast."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

from tests.metrics.oracle.company import Company, Record, ratio_text, share, total
from tests.metrics.oracle.deals import Deals, known


def records(company: Company) -> Iterator[Record]:
    deals = Deals(company)
    yield from _attainment(company, deals)
    yield from _forecasts(company, deals)


def _attainment(company: Company, deals: Deals) -> Iterator[Record]:
    for period in company.calendar.quarters:
        quotas: dict[str, Fraction] = defaultdict(Fraction)
        for row in company.quotas:
            if row.period == period.label:
                quotas[row.owner_id] += deals.plan(row.amount, row.currency) or 0
        attained = []
        for owner in company.owners:
            value = share(deals.credit(period, owner.owner_id), quotas[owner.owner_id])
            attained.append(value)
            dims = {"owner_id": owner.owner_id, "period": period.label}
            yield Record("quota_attainment", dims, ratio_text(value))
        dims = {"period": period.label}
        team = share(deals.credit(period), total(quotas.values()))
        yield Record("quota_attainment_team", dims, ratio_text(team))
        measured = [value for value in attained if value is not None]
        reached = [value for value in measured if value >= 1]
        yield Record(
            "share_of_reps_at_or_above_quota", dims, ratio_text(share(len(reached), len(measured)))
        )


def _forecasts(company: Company, deals: Deals) -> Iterator[Record]:
    """Measured over the owners who gave one."""
    calls = defaultdict(list)
    for row in company.forecast_snapshots:
        if row.snapshot_date <= company.calendar.as_of_date:
            calls[row.snapshot_date, row.period].append(row)
    for (day, label), rows in sorted(calls.items()):
        dims = {"snapshot_date": day.isoformat(), "period": label}
        period = company.calendar.quarter_named(label)
        owners = sorted({row.owner_id for row in rows})
        forecast = {
            owner: known(deals.plan(r.amount, r.currency) for r in rows if r.owner_id == owner)
            for owner in owners
        }
        actual = {owner: deals.credit(period, owner) for owner in owners}
        missed = {owner: abs(forecast[owner] - actual[owner]) for owner in owners}
        for owner in owners:
            value = share(missed[owner], abs(actual[owner]))
            yield Record("forecast_ape", dims | {"owner_id": owner}, ratio_text(value))
        whole = total(abs(value) for value in actual.values())
        bias = total(forecast.values()) - total(actual.values())
        wape = share(total(missed.values()), whole)
        accuracy = None if wape is None else 1 - wape
        net = share(abs(bias), abs(total(actual.values())))
        yield Record("forecast_wape", dims | {"grain": "owner"}, ratio_text(wape))
        yield Record("forecast_wape", dims | {"grain": "company"}, ratio_text(net))
        yield Record("forecast_accuracy", dims | {"grain": "owner"}, ratio_text(accuracy))
        yield Record("forecast_bias", dims, ratio_text(share(bias, whole)))
