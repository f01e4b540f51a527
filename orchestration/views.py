"""Draws results for people, from the same documents that `--json` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from orchestration.evidence_views import MARKS, ways_on
from orchestration.output import cell, fitted, table
from orchestration.plan_views import safety_lines
from warehouse.waiting import span

Document = Mapping[str, Any]

_STATES = {
    "done": "[green]done[/]",
    "disabled": "[yellow]disabled[/]",
    "failed": "[red]failed[/]",
    "resting": "[dim]resting[/]",
}
_VERDICTS = {
    "agrees": "[green]agrees[/]",
    "missing": "[red]missing[/]",
    "surplus": "[red]surplus[/]",
    "incomplete": "[red]incomplete[/]",
    "uncounted": "[dim]uncounted[/]",
}
SHOWN_CHANGES = 12
# What is a quotient has so many places.
_MEASURED_PLACES = 10


def extract_view(result: Document) -> RenderableType:
    """The streams that brought something or need somebody; the rest in one line."""
    streams = result["streams"]
    shown = [one for one in streams if _is_worth_a_line(one)]
    rows = [_landed_row(one, result["echoes"]) for one in shown]
    columns = (
        *("stream", "#read", "#landed", "#deleted", "#rejected", "#echoes", "#at source", ""),
    )
    parts: list[RenderableType] = [table("Landed", columns, rows)] if rows else []
    if len(shown) < len(streams):
        parts.append(Text(f"{len(streams) - len(shown)} streams brought nothing new", style="dim"))
    parts += [f"[red]{_named(one)}[/]{escape(one['error'])}" for one in streams if one["error"]]
    parts += [
        f"[yellow]{_named(one)}[/]{escape(notice)}" for one in streams for notice in one["notices"]
    ]
    return Group(*parts)


def _is_worth_a_line(stream: Document) -> bool:
    landed = stream["landed"]
    return (
        stream["status"] in {"failed", "disabled"}
        or bool(landed["versions"] or landed["rejects"])
        or stream["verdict"] in {"missing", "surplus"}
    )


def _landed_row(one: Document, echoes: Document) -> tuple[object, ...]:
    name, landed = f"{one['vendor']}.{one['stream']}", one["landed"]
    state = _VERDICTS[one["verdict"]] if one["status"] == "done" else None
    return (
        name,
        one["read"],
        landed["versions"],
        landed["deletions"],
        landed["rejects"],
        echoes.get(name, 0),
        one["counted"],
        state or _STATES[one["status"]],
    )


def streams_view(streams: Sequence[Document]) -> RenderableType:
    """Where every stream stands that was ever read, and what is wrong with which."""
    known = [one for one in streams if one["verdict"] or one["versions"]]
    rows = [
        (
            *(one[name] for name in ("stream", "records", "rejected")),
            _VERDICTS.get(one["verdict"], one["verdict"]),
            *ages(one),
        )
        for one in known
    ]
    # Eighty characters have room for no more: --json tells of versions, deletions and the source.
    columns = ("stream", "#records", "#rejected", "verdict", *AGES)
    shown = fitted("Streams", columns, rows, spare=("#rejected",), wraps="stream")
    parts: list[RenderableType] = [shown]
    if len(known) < len(streams):
        parts.append(Text(f"{len(streams) - len(known)} streams were never read", style="dim"))
    parts += [
        f"[red]{one['stream']}: {one['verdict']}[/] {escape(one['detail'] or '')}"
        for one in known
        if one["verdict"] in {"missing", "surplus", "incomplete"}
    ]
    return Group(*parts)


# The last columns of whatever stands somewhere.
AGES = ("#age", "next")


def ages(one: Document) -> tuple[str, str]:
    """How long ago the last success was, marked where that is longer than agreed; when is next."""
    lag = "-" if one["lag_seconds"] is None else span(one["lag_seconds"])
    following = f"{one['next_run']:%m-%d %H:%M}Z" if one["next_run"] else "when new"
    return (f"[red]{lag}[/]" if one["is_stale"] else lag), following


def _named(stream: Document) -> str:
    """A vendor's own message names the vendor already."""
    return "" if stream["stream"] == "*" else f"{stream['vendor']}.{stream['stream']}: "


def build_view(result: Document) -> RenderableType:
    built = Text.from_markup(
        f"[bold]Built[/] {result['models']} models, {result['tests']} tests passed"
        f" in {result['seconds']:.1f} s"
    )
    left = [
        Text(f"  left as it was, because its gate holds: {one}", style="yellow")
        for one in result["left_out"]
    ]
    return Group(built, *left)


def plan_view(plan: Document) -> RenderableType:
    counts = plan["counts"]
    parts: list[RenderableType] = [
        Text.from_markup(
            f"[bold]Plan {plan['sync']}[/] -> {plan['destination']} {plan['object']}"
            f"   {MARKS[plan['decision']]}   digest {plan['digest']}"
        ),
        Text.from_markup(
            f"  {counts['rows']:,} rows: [green]{counts['first']:,} sent for the first time[/],"
            f" [cyan]{counts['changed']:,} changed[/], {counts['unchanged']:,} unchanged,"
            f" [yellow]{counts['withheld']:,} withheld[/]"
            + (f", [magenta]{counts['leaving']:,} to be taken away[/]" if counts["leaving"] else "")
        ),
    ]
    parts += [Text(f"  held: {reason}", style="red") for reason in plan["hold_reasons"]]
    parts += [Text(f"  {said}", style=style) for said, style in safety_lines(plan)]
    parts += [Text(f"  {line}", style="yellow") for line in _settled_lines(plan)]
    if plan["changes"]:
        parts.append(changes_table(plan))
    if plan["withheld"] and not plan["hold_reasons"]:
        parts.append(_withheld(plan))
    parts += [Text(f"  next: {line}", style="yellow") for line in ways_on(plan)]
    return Group(*parts)


def _settled_lines(plan: Document) -> list[str]:
    """What stays back because of what happened before, however long the list of the withheld."""
    lines = []
    ends = {
        "rejected": f"the tool refused them; `revops retry {plan['sync']}` sends them again",
        "reverted": "they were reverted and are still wished for as they were",
    }
    for reason, end in ends.items():
        since = sorted(one["details"][-1] for one in plan["withheld"] if one["reason"] == reason)
        if since:
            lines.append(f"{len(since):,} {reason}, the oldest {since[0]}: {end}")
    return lines


def sync_view(result: Document) -> RenderableType:
    delivery, recovery = result["delivery"], result["recovery"]
    parts: list[RenderableType] = []
    if any(recovery.values()):
        refused = f", {recovery['rejected']} were rejected" if recovery["rejected"] else ""
        parts.append(
            Text(
                f"An interrupted run had left rows open: {recovery['delivered']} had arrived,"
                f" {recovery['abandoned']} had not and are planned again{refused}"
            )
        )
    said = ", ".join(f"{count:,} {name}" for name, count in sorted(delivery["outcomes"].items()))
    parts.append(
        Text.from_markup(f"[bold]Pushed[/] {result['plan']['sync']}: {said or 'nothing to do'}")
    )
    parts += [
        Text(f"  rejected {one['key']}: {one['reason']}", style="red")
        for one in delivery["rejected"]
    ]
    if delivery["stopped_by"]:
        parts.append(Text(f"  stopped: {delivery['stopped_by']}", style="red"))
    return Group(*parts)


def changes_table(plan: Document, *, names: Mapping[str, str] | None = None) -> Table:
    """The first changes, field by field; `names` says what a record is called."""
    rows = []
    for change in plan["changes"][:SHOWN_CHANGES]:
        label = (names or {}).get(change["key"], change["key"])
        taken_away = {f"({change['operation']})": {"before": "", "after": ""}}
        for number, (field, value) in enumerate((change["fields"] or taken_away).items()):
            rows.append(
                (
                    escape(label) if number == 0 else "",
                    field,
                    "[dim]never[/]" if value["before"] is None else escape(cell(value["before"])),
                    escape(cell(value["after"])),
                )
            )
    shown = table("", ("record", "field", "#last sent", "#would be"), rows)
    hidden = len(plan["changes"]) - SHOWN_CHANGES
    if hidden > 0:
        shown.caption = f"... and {hidden:,} more; `revops plan {plan['sync']} --json` has them all"
        shown.caption_justify = "left"
    return shown


def _withheld(plan: Document) -> Table:
    return table(
        "",
        ("withheld", "why", ""),
        [
            (
                escape(cell(one["key"])),
                one["reason"].replace("_", " "),
                escape(", ".join(one["details"])),
            )
            for one in plan["withheld"]
        ],
    )


def measure_view(result: Document, out: object) -> RenderableType:
    """What was measured, and which rows were left out of it."""
    said = Text(
        f"{result['records']:,} records of {result['metrics']:,} metrics, "
        f"{result['undefined']:,} of them undefined, written to {out}"
    )
    if not result["refused"]:
        return said
    rows = [(name, result["rows"][name], count) for name, count in result["refused"].items()]
    return Group(said, table("Refused", ("table", "#measured", "#refused"), rows))


def metrics_view(result: Document) -> RenderableType:
    """Every value with its dimensions; an undefined one is a dash."""
    rows = [
        (
            row["metric"],
            _dims(row["dims"]),
            _readable(row["value"], row["unit"]),
            row["unit"],
        )
        for row in result["values"]
    ]
    return table("Metrics", ("metric", "of", "#value", "unit"), rows)


def hindsight_view(result: Document) -> RenderableType:
    """What is known otherwise now than it was then, or that nothing is."""
    told = f"{result['records']:,} records as of {result['as_of']}"
    if not result["differences"]:
        return Text(f"{told}; nothing is known otherwise now")
    rows = [
        (
            row["metric"],
            _dims(row["dims"]),
            _told(row["then"], row["unit"], is_told=row["was_reported"]),
            _told(row["now"], row["unit"], is_told=row["is_reported"]),
            row["unit"],
        )
        for row in result["differences"]
    ]
    title = f"{told}; {len(rows):,} are known otherwise now"
    return table(title, ("metric", "of", "#then", "#now", "unit"), rows)


def restatements_view(rows: Sequence[Document]) -> RenderableType:
    """What later builds told otherwise, oldest first."""
    if not rows:
        return Text("No value that was settled has been told otherwise since")
    shown = [
        (
            row["restated_at"],
            row["metric"],
            _dims(row["dims"]),
            _told(row["old_value"], row["unit"], is_told=row["was_reported"]),
            _told(row["new_value"], row["unit"], is_told=row["is_reported"]),
            row["unit"],
            row["because"],
        )
        for row in rows
    ]
    return table("Restated", ("at", "metric", "of", "#old", "#new", "unit", "because"), shown)


def _dims(dims: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in dims.items())


def _told(value: str | None, unit: str, *, is_told: bool) -> str | None:
    return _readable(value, unit) if is_told else "not reported"


def _readable(value: str | None, unit: str) -> str | None:
    """Money as it is, ratios with four places and the rest with two; the file has all of them."""
    if value is None or unit == "text" or "." not in value:
        return value if value is None or not value.isdigit() else f"{int(value):,}"
    if len(value.partition(".")[2]) == _MEASURED_PLACES:
        return f"{Decimal(value):,.{4 if unit == 'ratio' else 2}f}"
    return f"{Decimal(value):,}"
