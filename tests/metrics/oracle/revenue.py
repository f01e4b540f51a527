"""Revenue: invoiced, recognised, and its growth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.metrics.oracle.calendar import Period, rounded
from tests.metrics.oracle.company import (
    Company,
    InvoiceLine,
    Record,
    ratio_text,
    share,
    total,
)
from tests.metrics.oracle.recurring import later_quarters


@dataclass(frozen=True)
class Line:
    """A line that is revenue, with what its invoice says."""

    line: InvoiceLine
    currency: str
    issued_on: date


def lines(company: Company) -> list[Line]:
    counted = {
        invoice.invoice_id: invoice
        for invoice in company.invoices
        if invoice.status in company.policy["revenue"]["statuses_counted"]
        and invoice.issued_at < company.calendar.as_of
    }
    return [
        Line(
            line,
            counted[line.invoice_id].currency,
            company.calendar.date_of(counted[line.invoice_id].issued_at),
        )
        for line in company.invoice_lines
        if line.invoice_id in counted
    ]


def invoiced(company: Company, period: Period) -> Fraction:
    return total(
        company.at_spot(found.line.amount, found.currency, found.issued_on)
        for found in lines(company)
        if found.issued_on in period
    )


def at_plan(company: Company, period: Period) -> Fraction:
    return total(
        company.at_plan(found.line.amount, found.currency)
        for found in lines(company)
        if found.issued_on in period
    )


def recognised(company: Company, month: Period) -> Fraction:
    """Straight line by day; each month's part at the rate of the day of issue."""
    return total(
        company.at_spot(part(company, found, month), found.currency, found.issued_on)
        for found in lines(company)
    )


def part(company: Company, found: Line, month: Period) -> Fraction:
    """What of a line falls in a month, in its currency; parts of all months make the line."""
    line = found.line
    if line.period_start is None or line.period_end is None or line.period_end <= line.period_start:
        return line.amount if found.issued_on in month else Fraction(0)
    days = (line.period_end - line.period_start).days
    start = line.period_start

    def until(day: date) -> Fraction:
        passed = min(max((day - start).days, 0), days)
        return rounded(line.amount * passed / days, company.places(found.currency))

    return until(month.end) - until(month.first)


def records(company: Company) -> Iterator[Record]:
    calendar = company.calendar
    window = company.money_text(invoiced(company, calendar.window))
    yield Record("total_revenue", {"period": calendar.window.label}, window)
    for month in calendar.months:
        dims, revenue = {"month": month.label}, invoiced(company, month)
        yield Record("invoiced_revenue_net", dims, company.money_text(revenue))
        yield Record("recognised_revenue", dims, company.money_text(recognised(company, month)))
        growth = _growth(invoiced(company, calendar.before(month)), revenue)
        yield Record("revenue_growth_rate", {"period": month.label}, ratio_text(growth))
    for prior, quarter in later_quarters(company):
        dims = {"period": quarter.label}
        growth = _growth(invoiced(company, prior), invoiced(company, quarter))
        yield Record("revenue_growth_rate", dims, ratio_text(growth))
        real = _growth(at_plan(company, prior), at_plan(company, quarter))
        yield Record("real_revenue_growth_rate_constant_currency", dims, ratio_text(real))


def _growth(prior: Fraction, this: Fraction) -> Fraction | None:
    return share(this - prior, prior)
