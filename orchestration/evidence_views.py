"""Shows what a gate has found: rows by their keys, and where to look further."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from quality.evidence import Evidence
from quality.gate import GateResult
from quality.verdict import Verdict


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
    return "" if one.status == "passed" else one.error or one.because


def found_lines(gate: Mapping[str, Any], count: int = 5) -> list[str]:
    """The first keys of what each rule found, and the command that shows all; none if all pass."""
    lines = [
        f"{rule['rule']}: {_first(rule['keys'], count)}"
        for rule in gate["rules"]
        if rule["status"] == "failed" and rule["keys"]
    ]
    if all(rule["status"] == "passed" for rule in gate["rules"]):
        return []
    return [*lines, f"next: `revops gate {gate['ruleset']} --json` for every key and figure"]


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
