"""Reports on the quality of the data: scores against their targets, and what is to be mended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.app import App
from orchestration.standing import standing_of_gates
from warehouse.connection import Row, Session
from warehouse.errors import Misconfigured

_SCORES = """
    select scope, subject, measure, value, target, is_met, counted, measured_on
    from marts.data_quality
    where is_last and (scope <> 'adoption' or subject not like 'own_%')
    order by scope, subject, measure
"""
_BEFORE = """
    select score_key, arg_max(value, measured_on) as value
    from marts.data_quality where not is_last group by score_key
"""
_WORK = """
    select coalesce(owner_name, rule_owner) as owner, rule, what_is_wrong, tool, table_name,
        count(*) as records, min(since) as since, bool_or(is_withheld) as is_withheld,
        list_sort(list(distinct coalesce(link, tool_record_id, record_id)))[:3] as samples
    from marts.data_quality_worklist
    group by all
    order by records desc, owner, rule
"""
_TITLES = {
    "table": "Sound rows per table",
    "tool": "Sound records per tool",
    "department": "Sound records per department",
    "owner": "Passed rules per owner",
    "adoption": "How the CRM is kept",
    "duplicates": "Records that a tool holds once",
}
Document = dict[str, Any]


@dataclass(frozen=True)
class QualityReport:
    """Gates, scores and the worklist by owner and rule, as they stand."""

    gates: list[Document]
    scores: list[Row]
    work: list[Row]

    def as_json(self) -> Document:
        return {"gates": self.gates, "scores": self.scores, "work": self.work}

    def as_markdown(self) -> str:
        return "\n".join(
            ["# Data quality", "", *_gates(self.gates), *self._scores(), *self._work()]
        )

    def _scores(self) -> Iterable[str]:
        for scope, title in _TITLES.items():
            chosen = [one for one in self.scores if one["scope"] == scope]
            if chosen:
                rows = [
                    (
                        *(one["subject"], one["measure"].replace("_", " "), f"{one['counted']:,}"),
                        *(_share(one["value"]), _share(one["target"])),
                        *(_share(one["before"]), "yes" if one["is_met"] else "**no**"),
                    )
                    for one in chosen
                ]
                head = ("subject", "what", "of", "share", "target", "before", "kept")
                yield from ["", f"## {title}", "", *_table(head, rows)]

    def _work(self) -> Iterable[str]:
        yield from ["", "## To be mended at the source", ""]
        if not self.work:
            yield "Nothing."
            return
        rows = [
            (
                *(
                    one["owner"],
                    one["rule"],
                    one["what_is_wrong"],
                    one["tool"] or one["table_name"],
                ),
                *(f"{one['records']:,}", f"{one['since']:%Y-%m-%d}"),
                *("yes" if one["is_withheld"] else "", ", ".join(one["samples"])),
            )
            for one in self.work
        ]
        head = ("owner", "rule", "because", "where", "records", "since", "withheld", "such as")
        yield from _table(head, rows)


def quality_report(app: App) -> QualityReport:
    """Read what the gates have found, and what is measured of it.

    Raises:
        Misconfigured: the models of data quality have not been built.
    """
    with app.warehouse.open("quality report") as session:
        check_measured(session)
        before = {row["score_key"]: row["value"] for row in session.rows(_BEFORE)}
        scores = [
            row | {"before": before.get(f"{row['scope']}:{row['subject']}:{row['measure']}")}
            for row in session.rows(_SCORES)
        ]
        return QualityReport(standing_of_gates(app), scores, session.rows(_WORK))


def check_measured(session: Session) -> None:
    """Refuse to tell of what nobody has measured.

    Raises:
        Misconfigured: the models of data quality have not been built.
    """
    is_built = session.value(
        "select count(*) from duckdb_views() where schema_name = 'marts'"
        " and view_name = 'data_quality'"
    )
    if not is_built:
        raise Misconfigured(
            "Data quality has not been measured yet",
            advice="run `revops build` and `revops gate` first",
        )


def _gates(gates: Sequence[Document]) -> list[str]:
    rows = [
        (
            one["ruleset"],
            one["decision"] or "not judged",
            "" if one["withheld"] is None else f"{one['withheld']:,}",
            f"{one['decided_at']:%Y-%m-%d %H:%M}" if one["decided_at"] else "",
        )
        for one in gates
    ]
    return ["## Gates", "", *_table(("gate", "decision", "withheld", "judged at"), rows)]


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    # A bar in a value would begin another cell.
    lines = [" | ".join(str(cell).replace("|", "\\|") for cell in row) for row in rows]
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {one} |" for one in lines)]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
