"""Draws who is who for people, from the same documents that `--json` prints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from orchestration.output import cell
from orchestration.output import table as unfolded

Document = Mapping[str, Any]

SHOWN_EDGES = 25


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table that breaks a long reference over lines, so that it can be copied in any width."""
    shown = unfolded(title, columns, rows)
    for column in shown.columns:
        column.overflow = "fold"
    return shown


def explanation_view(document: Document) -> RenderableType:
    """One entity in full, or the candidates."""
    if "candidates" in document:
        found = document["candidates"]
        rows = [(one["entity"], one["id"], _plain(one["name"])) for one in found]
        return table(
            f"{document['asked']} may be one of {len(rows)}", ("entity", "id", "name"), rows
        )
    return Group(
        *_title(document),
        _records(document),
        *_edges(document),
        table(
            "Golden values",
            ("attribute", "value", "from", "because", "#other values"),
            [
                (
                    one["attribute"],
                    _plain(one["value"]),
                    one["record_reference"],
                    one["rule"].replace("_", " "),
                    one["other_value_count"] or None,
                )
                for one in document["values"]
            ],
        ),
        *_family(document),
        *_history(document),
        *([decisions_view(document["decisions"])] if document["decisions"] else []),
    )


def _title(document: Document) -> list[RenderableType]:
    lines: list[RenderableType] = []
    if document["retired_id"]:
        lines.append(Text(f"{document['retired_id']} is {document['id'] or 'gone'} now"))
    names = {one["attribute"]: one["value"] for one in document["values"]}
    name = names.get("account_name") or names.get("full_name") or "-"
    return [*lines, Text(f"{document['entity']} {document['id']}   {name}", style="bold")]


def _records(document: Document) -> RenderableType:
    details = ("name", "domain", "email", "phone", "company", "corporate_number", "country")
    filled = [n for n in details if any(one.get(n) for one in document["records"])]
    rows = [
        (
            one["record_reference"],
            *(_plain(one[name]) for name in filled),
            one["match_rule"].replace("_", " "),
            "deleted" if one["is_deleted"] else "",
        )
        for one in document["records"]
    ]
    return table("Records", ("record", *filled, "held by", ""), rows)


def _edges(document: Document) -> list[RenderableType]:
    edges = document["edges"]
    if not edges:
        return []
    rows = [
        (
            one["left_record"],
            one["right_record"],
            f"{one['rule'].replace('_', ' ')} ({one['tier']})",
            one["weight"],
            _inputs(one["inputs"]),
            "" if one["accepted"] else f"not followed: {one['reason'] or '-'}",
        )
        for one in edges[:SHOWN_EDGES]
    ]
    drawn = table("Edges", ("record", "record", "rule", "#weight", "matched", ""), rows)
    if len(edges) > SHOWN_EDGES:
        drawn.caption = f"... and {len(edges) - SHOWN_EDGES} more; `--json` has them all"
        drawn.caption_justify = "left"
    return [drawn]


def _inputs(text: str | None) -> str:
    """What matched, without the rule that stands beside it."""
    try:
        said = json.loads(text or "{}")
    except ValueError:
        return _plain(text)
    if not isinstance(said, dict):
        return _plain(text)
    values = [f"{value}" for name, value in said.items() if name != "rule" and value is not None]
    return escape(", ".join(values))


def _family(document: Document) -> list[RenderableType]:
    rows = [
        (one["account_id"], one["parent_account_id"], one["depth"], one["record_reference"])
        for one in document["hierarchy"]
    ]
    if not rows:
        return []
    return [table("Hierarchy", ("account", "parent", "#depth", "said by"), rows)]


def _history(document: Document) -> list[RenderableType]:
    rows = [
        (one["happened_at"], one["event"], one["from_id"], one["to_id"], escape(one["why"]))
        for one in document["history"]
    ]
    return [table("History", ("when", "event", "from", "to", "why"), rows)] if rows else []


def review_view(pairs: Sequence[Document]) -> RenderableType:
    """The open pairs, each with its records one above the other."""
    if not pairs:
        return Text("Nothing waits for a decision")
    rows = []
    for pair in pairs:
        for side, head in (("left", pair["review_id"]), ("right", "")):
            record = pair[side] or {}
            detail = record.get("email") or record.get("domain") or record.get("phone")
            rows.append(
                (
                    head,
                    pair[f"{side}_record"],
                    _plain(record.get("name")),
                    _plain(detail),
                    _plain(record.get("company") or record.get("country")),
                    escape(pair["why"] or "") if head else "",
                )
            )
    columns = ("pair", "record", "name", "address", "at", "why it waits")
    shown = table(f"{len(pairs)} pairs wait for a decision", columns, rows)
    shown.caption = "revops identity accept PAIR | reject PAIR"
    shown.caption_justify = "left"
    return shown


def decisions_view(decisions: Sequence[Document]) -> RenderableType:
    """Decisions with who, when and why."""
    rows = [
        (
            str(one["decision_id"]),
            one["decision"].replace("_", " "),
            one["left_record"],
            one["right_record"] or " ".join(filter(None, (one["attribute"], one["value"]))),
            one["decided_by"],
            one["decided_at"],
            escape(one["because"]),
        )
        for one in decisions
    ]
    columns = ("#", "decision", "record", "record or value", "by", "when", "because")
    return table("Decisions", columns, rows)


def _plain(value: object) -> str:
    return escape(cell(value))
