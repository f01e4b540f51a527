"""Shows what a gate has found, for pages that take Markdown."""

from __future__ import annotations

from quality.evidence import Evidence
from quality.gate import GateResult


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
