"""Recurring revenue: balances, movements, retention, cross-sell and upsell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from tests.metrics.oracle.calendar import Period
from tests.metrics.oracle.company import Company, Record, ratio_text, share, total
from tests.metrics.oracle.mrr import MOVEMENTS, Movement, Mrr


def records(company: Company) -> Iterator[Record]:
    mrr = Mrr(company)
    yield from _balances(mrr)
    yield from _movements(mrr)
    yield from _events(mrr)
    yield from _retention(mrr)
    yield from _monthly_rates(mrr)
    yield from _cross_and_upsell(mrr)


def periods(company: Company) -> list[Period]:
    """The window's quarters and the window, each once."""
    calendar = company.calendar
    return list({period.label: period for period in [*calendar.quarters, calendar.window]}.values())


def later_quarters(company: Company) -> list[tuple[Period, Period]]:
    """Quarters of the window with the one before, where the window has that, too."""
    quarters = company.calendar.quarters
    return list(pairwise(quarters))


def segments(company: Company) -> dict[str, set[str]]:
    """The accounts of every segment."""
    found: dict[str, set[str]] = {}
    for account in company.accounts:
        if account.segment is not None:
            found.setdefault(account.segment, set()).add(account.account_id)
    return found


def _balances(mrr: Mrr) -> Iterator[Record]:
    company, calendar = mrr.company, mrr.company.calendar

    def balance(book: Mapping[tuple[str, str], Fraction], month: Period) -> str | None:
        return company.money_text(total(book[a, month.label] for a in mrr.accounts))

    opening = calendar.before(calendar.months[0])
    for month in [opening, *calendar.months]:
        yield Record("mrr_closing", {"month": month.label}, balance(mrr.spot, month))
    for month in calendar.months:
        dims, before = {"month": month.label}, calendar.before(month)
        yield Record("mrr_opening", dims, balance(mrr.spot, before))
        yield Record("mrr_billed_closing", dims, balance(mrr.billed, month))
        yield Record("mrr_closing_plan_rate", dims, balance(mrr.plan, month))
        yield Record("arr_closing", dims, balance(mrr.arr, month))
        yield Record("customers_closing", dims, str(len(mrr.on(month.label))))
        for account_id in sorted({*mrr.on(month.label), *mrr.on(before.label)}):
            value = company.money_text(mrr.spot[account_id, month.label])
            yield Record("account_mrr_closing", {**dims, "account_id": account_id}, value)
        for segment, accounts in segments(company).items():
            value = company.money_text(
                total(mrr.arr[a, month.label] for a in mrr.accounts if a in accounts)
            )
            yield Record("arr_closing_by_segment", {**dims, "segment": segment}, value)


def _movements(mrr: Mrr) -> Iterator[Record]:
    company, calendar = mrr.company, mrr.company.calendar
    for month in calendar.months:
        before = calendar.before(month).label
        moved = [movement for movement in mrr.movements if movement.month == month.label]
        yield from _by_kind(company, month, moved, "mrr_movement", "mrr_movement_customers")
        fx = (total(mrr.spot[a, month.label] - mrr.spot[a, before] for a in mrr.accounts)) - total(
            movement.amount for movement in moved
        )
        dims = {"month": month.label, "movement": "fx"}
        yield Record("mrr_movement", dims, company.money_text(fx))
    for movement in mrr.movements:
        dims = {
            "month": movement.month,
            "account_id": movement.account_id,
            "movement": movement.kind,
        }
        yield Record("account_mrr_movement", dims, company.money_text(movement.amount))
    for _, quarter in later_quarters(company):
        new = company.money_text(new_mrr(mrr, quarter))
        yield Record("new_mrr", {"period": quarter.label}, new)


def new_mrr(mrr: Mrr, period: Period) -> Fraction:
    return sum_of(mrr, ["new"], period)


def sum_of(mrr: Mrr, kinds: Iterable[str], period: Period) -> Fraction:
    """Month-end movements of some kinds in a period."""
    wanted, months = set(kinds), {month.label for month in period.months}
    return total(m.amount for m in mrr.movements if m.kind in wanted and m.month in months)


def count_of(mrr: Mrr, kind: str, period: Period) -> int:
    months = {month.label for month in period.months}
    return sum(m.kind == kind and m.month in months for m in mrr.movements)


def pooled_churn(mrr: Mrr) -> Fraction | None:
    """Churned customers over opening customers, both summed over the window's months."""
    calendar = mrr.company.calendar
    openings = sum(len(mrr.on(calendar.before(month).label)) for month in calendar.months)
    return share(count_of(mrr, "churn", calendar.window), openings)


def _events(mrr: Mrr) -> Iterator[Record]:
    for month in mrr.company.calendar.months:
        moved = [event for event in mrr.events if event.month == month.label]
        yield from _by_kind(
            mrr.company,
            month,
            moved,
            "mrr_movement_event_level_plan_rate",
            "mrr_movement_event_count",
        )


def _by_kind(
    company: Company, month: Period, moved: list[Movement], amounts: str, counts: str
) -> Iterator[Record]:
    for kind in MOVEMENTS:
        found = [movement.amount for movement in moved if movement.kind == kind]
        dims = {"month": month.label, "movement": kind}
        yield Record(amounts, dims, company.money_text(total(found)))
        yield Record(counts, dims, str(len(found)))


@dataclass(frozen=True)
class _Cohort:
    """The accounts on at the start of a period, and the month ends that bound it."""

    accounts: list[str]
    start: str
    end: str


def _cohort(mrr: Mrr, period: Period, among: set[str] | None = None) -> _Cohort:
    start = mrr.calendar.before(period.months[0]).label
    accounts = [a for a in mrr.on(start) if among is None or a in among]
    return _Cohort(accounts, start, period.months[-1].label)


def _retention(mrr: Mrr) -> Iterator[Record]:
    company = mrr.company
    reported = periods(company)
    months = [m for m in company.calendar.months if m.label not in {p.label for p in reported}]
    for period in [*reported, *months]:
        cohort, dims = _cohort(mrr, period), {"period": period.label}
        yield from _kept(mrr, cohort, dims)
        spot = ratio_text(_net(mrr.spot, cohort))
        yield Record("nrr_spot_fx", dims, spot)
    for period in reported:
        for segment, accounts in segments(company).items():
            dims = {"period": period.label, "segment": segment}
            yield from _kept(mrr, _cohort(mrr, period, accounts), dims)
        lost = _lost_by_steps(mrr, period)
        kept = ratio_text(None if lost is None else 1 - lost)
        yield Record("grr_movement_method", {"period": period.label}, kept)


def _kept(mrr: Mrr, cohort: _Cohort, dims: dict[str, str]) -> Iterator[Record]:
    book = mrr.plan_exact if mrr.company.policy["retention"]["fx"] == "plan" else mrr.spot
    gone = sum(not mrr.is_on(a, cohort.end) for a in cohort.accounts)
    churn = share(gone, len(cohort.accounts))
    yield Record("nrr", dims, ratio_text(_net(book, cohort)))
    yield Record("grr", dims, ratio_text(_gross(book, cohort)))
    yield Record("logo_churn_rate", dims, ratio_text(churn))
    kept = None if churn is None else 1 - churn
    yield Record("logo_retention_rate", dims, ratio_text(kept))


def _net(book: Mapping[tuple[str, str], Fraction], cohort: _Cohort) -> Fraction | None:
    return share(
        total(book[a, cohort.end] for a in cohort.accounts),
        total(book[a, cohort.start] for a in cohort.accounts),
    )


def _gross(book: Mapping[tuple[str, str], Fraction], cohort: _Cohort) -> Fraction | None:
    return share(
        total(min(book[a, cohort.end], book[a, cohort.start]) for a in cohort.accounts),
        total(book[a, cohort.start] for a in cohort.accounts),
    )


def _lost_by_steps(mrr: Mrr, period: Period) -> Fraction | None:
    """Every month's fall of the cohort's accounts, summed, over what they began with."""
    cohort = _cohort(mrr, period)
    falls = (
        max(
            mrr.plan_exact[a, mrr.calendar.before(month).label] - mrr.plan_exact[a, month.label],
            Fraction(0),
        )
        for a in cohort.accounts
        for month in period.months
    )
    return share(total(falls), total(mrr.plan_exact[a, cohort.start] for a in cohort.accounts))


def _monthly_rates(mrr: Mrr) -> Iterator[Record]:
    calendar = mrr.company.calendar
    for month in calendar.months:
        dims, before = {"period": month.label}, calendar.before(month).label
        opening = total(mrr.spot[a, before] for a in mrr.accounts)
        gained = sum_of(mrr, ["expansion", "reactivation"], month)
        lost = -sum_of(mrr, ["churn", "contraction"], month)
        gross = share(lost, opening)
        yield Record("gross_mrr_churn_rate_chartmogul", dims, ratio_text(gross))
        net = share(lost - gained, opening)
        yield Record("net_mrr_churn_rate_chartmogul", dims, ratio_text(net))
        logos = len(mrr.on(before)) + count_of(mrr, "new", month)
        churn = share(count_of(mrr, "churn", month), logos)
        yield Record("logo_churn_rate_stripe", dims, ratio_text(churn))
        expansion = share(sum_of(mrr, ["expansion"], month), opening)
        yield Record("expansion_rate", dims, ratio_text(expansion))
        quick = share(gained + new_mrr(mrr, month), lost)
        yield Record("quick_ratio", dims, ratio_text(quick))
    dims = {"period": calendar.window.label}
    yield Record("monthly_logo_churn_rate_pooled", dims, ratio_text(pooled_churn(mrr)))


def _cross_and_upsell(mrr: Mrr) -> Iterator[Record]:
    for period in periods(mrr.company):
        cohort, dims = _cohort(mrr, period).accounts, {"period": period.label}
        cross = {a: _gains(mrr, a, period, held=False) for a in cohort}
        up = {a: _gains(mrr, a, period, held=True) for a in cohort}
        sellers = {
            "cross_sell": {a for a in cohort if cross[a]},
            "upsell": {a for a in cohort if up[a]},
        }
        either = sellers["cross_sell"] | sellers["upsell"]
        for name, accounts in {**sellers, "cross_sell_or_upsell": either}.items():
            rate = share(len(accounts), len(cohort))
            yield Record(f"{name}_rate", dims, ratio_text(rate))
        for name, gains in {"cross_sell": cross, "upsell": up}.items():
            amount = total(mrr.company.money(gain) for a in cohort for gain in gains[a])
            yield Record(f"{name}_mrr_plan_rate", dims, mrr.company.money_text(amount))


def _gains(mrr: Mrr, account_id: str, period: Period, *, held: bool) -> list[Fraction]:
    """Months' increases on products held before, or on new ones, while the account stayed on."""
    found = []
    for month in period.months:
        before = mrr.calendar.before(month).label
        if not (mrr.is_on(account_id, before) and mrr.is_on(account_id, month.label)):
            continue
        had, has = mrr.products(account_id, before), mrr.products(account_id, month.label)
        known = mrr.held_before(account_id, month.label)
        increases = [
            amount - had.get(product_id, Fraction(0))
            for product_id, amount in has.items()
            if (product_id in known) == held and amount > had.get(product_id, Fraction(0))
        ]
        if increases:
            found.append(total(increases))
    return found
