"""Shows what a gate has found: rows by their keys, and where to look further."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from orchestration.output import table
from orchestration.plan_views import escaped
from quality.evidence import Evidence
from quality.gate import GateResult
from quality.verdict import Verdict

Document = Mapping[str, Any]

MARKS = {"pass": "[green]pass[/]", "quarantine": "[yellow]quarantine[/]", "hold": "[red]hold[/]"}


def evidence_table(result: GateResult) -> str:
    """What was found, rule by rule, as Markdown."""
    rows = [
        f"| {one.rule} | {one.severity} | {one.status} | {one.failed} | {_why(one)} |"
        for one in result.evidence
    ]
    return "\n".join(
        ["| rule | severity | result | failed | because |", "|---|---|---|---|---|", *rows]
    )


def _why(one: Evidence) -> str:
    return "" if one.status == "passed" else escaped(one.error or one.because)


def gate_view(results: Sequence[Document], whole: Collection[str] = ()) -> RenderableType:
    """What was judged, a line per gate, and what fails; every rule of the gates in `whole`."""
    parts: list[RenderableType] = []
    for one in results:
        parts.append(Text.from_markup(f"[bold]Gate {one['ruleset']}[/]: {_outcome(one)}"))
        if one["ruleset"] in whole:
            rows = [
                (rule["rule"], rule["severity"], _status(rule), rule["failed"] or None)
                for rule in one["rules"]
            ]
            parts.append(table("", ("rule", "severity", "", "#failed"), rows))
        parts += [Text(f"  {line}", style=style) for line, style in found_lines(one)]
    return Group(*parts)


def found_lines(gate: Document, count: int = 5) -> list[tuple[str, str]]:
    """What fails, with its first keys, what it means and where to look further, each with a style.

    None if every rule passes.
    """
    found = [rule for rule in gate["rules"] if rule["status"] != "passed"]
    lines = []
    for rule in found:
        style = "red" if _holds(rule) else "yellow"
        lines.append((f"{rule['rule']} {_said(rule)}", style))
        if rule["keys"]:
            lines.append((f"  {_first(rule['keys'], count)}", style))
    told = {rule["rule"] for rule in found}
    # What no single rule says: so many rows that it is the build that is broken.
    lines += [
        (f"holds: {reason}", "red")
        for reason in gate["reasons"]
        if not any(reason.startswith(name) for name in told)
    ]
    if gate["decision"] == "hold":
        lines.append((_STAYS[gate["stage"]], "red"))
    return [*lines, *((f"next: {line}", "yellow") for line in _ways_on(gate, found))]


_STAYS = {
    "landing": "what is built of it stays as it was; everything else goes on",
    "canonical": "what is judged after it is held too; everything else goes on",
    "activation": "no sync of this gate sends anything; the others go on",
}


def _ways_on(gate: Document, found: Sequence[Document]) -> list[str]:
    name = gate["ruleset"]
    if any(rule["keys"] for rule in found):
        return [f"`revops quality worklist {name}` says which they are and who mends them"]
    return [f"`revops gate {name} --json` shows every figure"] if found else []


def ways_on(plan: Document) -> list[str]:
    """What to do about the rows of a plan that its gate withholds, or about all of them."""
    gate = plan.get("gate", "")
    held = [reason for reason in plan["hold_reasons"] if "run `" not in reason]
    if held and plan["decision"] == "hold":
        return [f"`revops gate {gate}`".replace(" `", "`") + " shows what holds it"]
    if any(one["reason"] == "quarantined" for one in plan["withheld"]):
        said = f"`revops quality worklist {gate}`".replace(" `", "`")
        return [f"{said} says what is to be mended, where and by whom"]
    return []


def _outcome(gate: Document) -> str:
    rows, rules, withheld = gate["rows"], len(gate["rules"]), len(gate["quarantined"])
    passed = sum(rule["status"] == "passed" for rule in gate["rules"])
    said = f"{MARKS[gate['decision']]} over {rows:,} {'row' if rows == 1 else 'rows'}"
    if passed == rules:
        return f"{said}, {rules} {'rule' if rules == 1 else 'rules'}"
    kept = f", {withheld:,} withheld" if withheld else ""
    return f"{said}{kept}, {passed} of {rules} rules pass"


def _status(rule: Document) -> str:
    return "[green]passed[/]" if rule["status"] == "passed" else f"[red]{rule['status']}[/]"


def _holds(rule: Document) -> bool:
    return bool(rule["status"] == "error" or rule["severity"] == "hold")


def _said(rule: Document) -> str:
    """What a rule that did not pass does, and why it exists."""
    if rule["status"] == "error":
        return f"could not be evaluated, and so holds: {rule['error']}"
    counts_rows = "unexpected_count" in ((rule["result"] or {}).get("result") or {})
    rows = f"{rule['failed']:,} {'row' if rule['failed'] == 1 else 'rows'}"
    if rule["severity"] == "quarantine":
        return f"withholds {rows}: {rule['because']}"
    extent = rows if counts_rows or rule["observed"] is None else _figure(rule)
    return f"{'holds' if rule['severity'] == 'hold' else 'warns'} ({extent}): {rule['because']}"


def _figure(rule: Document) -> str:
    """What a rule about the whole table comes to, and the bounds that it had to keep."""
    said = ((rule["result"] or {}).get("expectation_config") or {}).get("kwargs") or {}
    asked = [
        f"{word} {said[name]:,.4g} is asked"
        for name, word in (("low", "at least"), ("high", "at most"))
        if said.get(name) is not None
    ]
    return ", ".join([f"it comes to {rule['observed']:,.4g}", *asked])


def _first(keys: list[str], count: int) -> str:
    more = len(keys) - count
    return ", ".join(keys[:count]) + (f" and {more:,} more" if more > 0 else "")


def told_why(verdict: Verdict) -> str | None:
    """Why a verdict is no pass: what holds it, and which rules withhold how many rows."""
    broken = Counter(rule for rules in verdict.quarantined.values() for rule in rules)
    withheld = [
        f"{rule} withholds {rows:,} row{'s' if rows > 1 else ''}"
        for rule, rows in sorted(broken.items())
    ]
    return "; ".join([*verdict.reasons, *withheld]) or None
