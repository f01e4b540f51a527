"""Whether customers' health told who would leave, as the last build saw it."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from orchestration.app import App
from orchestration.output import table
from warehouse.connection import Row
from warehouse.errors import Misconfigured

_BANDS = "select * from metrics.health_evaluation order by position nulls last"
_SUMMARY = "select * from metrics.health_evaluation_summary"
_IS_BUILT = """
    select count(*) from duckdb_tables()
    where schema_name = 'metrics' and table_name = 'health_evaluation_summary'
"""


def health_quality(app: App) -> dict[str, Any]:
    """The bands of health with what became of the customers in them, and the whole in a row.

    Raises:
        Misconfigured: nothing has been built, or there is no health document.
    """
    with app.warehouse.open("reading health") as session:
        if not session.value(_IS_BUILT):
            raise Misconfigured(
                "Customers' health has not been reckoned yet", advice="run `revops build` first"
            )
        found = session.rows(_SUMMARY)
        if not found:
            raise Misconfigured(
                "The rule book has no health document",
                advice="write one, as dbt_project/rules/health.yml is, and run `revops build`",
            )
        return {
            "summary": _plain(found[0]),
            "bands": [_plain(row) for row in session.rows(_BANDS)],
        }


def health_quality_view(found: dict[str, Any]) -> RenderableType:
    """Per band how many left or paid less, and whether the bands are in order."""
    summary = found["summary"]
    if not summary["account_months"]:
        return Text("No month end lies 90 days back: nothing can be held against health yet.")
    rows = [
        (
            band["band"],
            band["account_months"],
            band["churned"],
            band["contracted"],
            _percent(band["loss_rate"]),
            "a better band lost more" if band["is_ordered"] is False else "",
        )
        for band in found["bands"]
    ]
    columns = ("band", "#customers", "#left", "#paid less", "#lost", "")
    auc = summary["churn_auc"]
    return Group(
        Text(
            f"Health at the ends of {summary['first_month']} to {summary['last_month']},"
            " and what became of the customers in the 90 days that followed"
        ),
        table("By band, every customer once per month end", columns, rows),
        Text(f"AUC of the score against churn {'-' if auc is None else f'{auc:.3f}'}"),
        Text(_verdict(summary)),
    )


def _verdict(summary: dict[str, Any]) -> str:
    is_ordered = summary["is_ordered"]
    if is_ordered is None:
        return "Too few bands have customers to tell whether they are in order."
    if is_ordered:
        return "No better band lost more: the bands are in order."
    return "The bands are out of order: change the weights or the bands in rules/health.yml."


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.1%}"


def _plain(row: Row) -> dict[str, Any]:
    """Numbers as numbers: figures are read by people and programs, not added up."""
    found: dict[str, Any] = json.loads(json.dumps(dict(row), default=float))
    return found
