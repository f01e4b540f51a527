"""What makes a plan safe to send, for people: in the terminal, and as Markdown for a review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestration.output import cell

Document = Mapping[str, Any]

SHOWN_IN_MARKDOWN = 50
_DECIDED = {
    "overwritten": "is overwritten (warehouse_wins)",
    "kept": "is left as it is (tool_wins)",
    "asked": "waits for a decision (ask)",
}


def safety_lines(plan: Document) -> Iterator[tuple[str, str]]:
    """Lines about guards, conflicts, approval and cost, each with its style."""
    for one in plan.get("guards", []):
        style = "yellow" if one["is_allowed"] else "red"
        yield f"{'allowed' if one['is_allowed'] else 'held'}: {one['said']}", style
    if any(not one["is_allowed"] for one in plan.get("guards", [])):
        yield _way_on(plan), "red"
    if plan.get("preview") == "cannot_preview":
        yield f"cannot preview: {plan['preview_note']}", "yellow"
    for one in plan.get("conflicts", [])[:SHOWN_IN_MARKDOWN]:
        yield f"conflict: {_conflict(one)}", "yellow"
    if plan.get("needs_approval") and plan["changes"] and plan.get("approved_by") is None:
        yield f"needs an approval: {_approving(plan)}", "yellow"
    if plan.get("approved_by"):
        yield f"approved by {plan['approved_by']}", "green"
    if plan["changes"] and "cost" in plan:
        yield cost_line(plan["cost"]), "dim"


def cost_line(cost: Document) -> str:
    """What a plan costs and touches, in one line."""
    parts = [f"{cost['calls']:,} calls ({cost['reads']:,} to read, {cost['writes']:,} to write)"]
    if cost["minutes"] is not None:
        parts.append(f"at least {_time(cost['minutes'])}")
    if cost["daily_share"] is not None:
        left = f"{cost['daily_left']:,} calls left today"
        parts.append(f"{cost['daily_share']:.2%} of the {left}")
    touched = f"touches {cost['records']:,} records, {cost['fields']:,} fields"
    return ", ".join([*parts, f"{touched}, {cost['accounts']:,} keys of the gate"])


def plan_markdown(plan: Document) -> str:
    """A plan as Markdown, fit for a pull request."""
    counts = plan["counts"]
    said = "held" if plan["held_by"] else plan["decision"]
    lines = [
        f"## Plan `{plan['sync']}`: {plan['destination']} {plan['object']}",
        "",
        f"Digest `{plan['digest']}`, {said}. {_preview(plan)}",
        "",
        *_table(
            ("rows", "first", "changed", "leaving", "unchanged", "withheld"),
            [[f"{counts.get(name, 0):,}" for name in _COUNTED]],
        ),
        "",
    ]
    lines += [f"- {escaped(one)}" for one in plan["hold_reasons"]]
    lines += [f"- {escaped(said)}" for said, _ in safety_lines({**plan, "conflicts": []})]
    lines += [*_section("Conflicts", _conflicts(plan)), *_section("Changes", _changes(plan))]
    return "\n".join([*lines, *_section("Withheld", _withheld(plan))]).rstrip() + "\n"


_COUNTED = ("rows", "first", "changed", "leaving", "unchanged", "withheld")


def _preview(plan: Document) -> str:
    if plan["preview"] == "read":
        return "Held against what the tool holds."
    if plan["preview"] == "cannot_preview":
        return f"Cannot preview what the tool holds: {escaped(plan['preview_note'])}."
    return "Not held against what the tool holds: `revops plan --read` does that."


def _changes(plan: Document) -> list[str]:
    is_read = plan["preview"] == "read"
    rows = [
        [
            f"`{escaped(change['key'])}`" if number == 0 else "",
            change["operation"] if number == 0 else "",
            escaped(field),
            "never" if values["before"] is None else _cell(values["before"]),
            *([_cell(values.get("holds"))] if is_read else []),
            _cell(values["after"]),
        ]
        for change in plan["changes"][:SHOWN_IN_MARKDOWN]
        for number, (field, values) in enumerate((change["fields"] or _NO_FIELD).items())
    ]
    names = ("record", "", "field", "last sent", *(["holds"] if is_read else []), "would be")
    hidden = len(plan["changes"]) - SHOWN_IN_MARKDOWN
    more = ["", f"... and {hidden:,} more records."] if hidden > 0 else []
    return [*_table(names, rows), *more] if rows else []


_NO_FIELD = {"": {"before": None, "after": None}}


def _conflicts(plan: Document) -> list[str]:
    found = plan["conflicts"]
    rows = [
        [
            f"`{escaped(one['key'])}`",
            escaped(one["field"]),
            "never" if one["last_sent"] is None else _cell(one["last_sent"]),
            _cell(one["holds"]),
            _cell(one["wish"]),
            _DECIDED[one["decision"]],
        ]
        for one in found[:SHOWN_IN_MARKDOWN]
    ]
    names = ("record", "field", "last sent", "holds", "would be", "what the tool holds")
    hidden = len(found) - SHOWN_IN_MARKDOWN
    more = ["", f"... and {hidden:,} more conflicts."] if hidden > 0 else []
    return [*_table(names, rows), *more] if rows else []


def _withheld(plan: Document) -> list[str]:
    if plan["hold_reasons"]:
        return []
    rows = [
        [
            "" if one["key"] is None else f"`{escaped(one['key'])}`",
            one["reason"].replace("_", " "),
            escaped(", ".join(one["details"])),
        ]
        for one in plan["withheld"][:SHOWN_IN_MARKDOWN]
    ]
    return _table(("record", "why", ""), rows) if rows else []


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"### {title}", "", *lines] if lines else []


def _table(names: tuple[str, ...], rows: list[list[str]]) -> list[str]:
    head = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    return [*head, *(f"| {' | '.join(row)} |" for row in rows)]


def _conflict(one: Document) -> str:
    last = "never sent" if one["last_sent"] is None else f"last sent {cell(one['last_sent'])}"
    return (
        f"{one['key']} {one['field']} holds {cell(one['holds'])}, {last},"
        f" would be {cell(one['wish'])}: {_DECIDED[one['decision']]}"
    )


def _way_on(plan: Document) -> str:
    names = [one["guard"] for one in plan["guards"] if not one["is_allowed"]]
    flags = " ".join(f"--allow {name}" for name in names)
    reverts = plan.get("reverts")
    again = f"revert {reverts} --apply" if reverts else f"sync {plan['sync']}"
    return f"-> if that is meant: `revops {again} {flags}`, or {_approving(plan)}"


def _approving(plan: Document) -> str:
    reverts = plan.get("reverts")
    shown = f"revert {reverts}" if reverts else f"plan {plan['sync']} --read"
    return f"`revops {shown} --out FILE`, then `revops approve FILE --by NAME`"


def _time(minutes: float) -> str:
    return f"{minutes * 60:,.0f} s" if minutes < 2 else f"{minutes:,.0f} min"


def _cell(value: object) -> str:
    return escaped(cell(value))


def escaped(value: object) -> str:
    """Text that neither ends a cell of a table nor becomes markup."""
    text = str(value).replace("\\", "\\\\").replace("|", "\\|").replace("`", "'")
    return text.replace("<", "&lt;").replace("\n", " ").replace("\r", " ")
