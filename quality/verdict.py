"""Decides, from evidence alone, whether data may leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from quality.evidence import Evidence
from warehouse.verdicts import Decision


@dataclass(frozen=True)
class Verdict:
    """`quarantined` maps the key of each withheld row to the rules it broke."""

    decision: Decision
    reasons: tuple[str, ...]
    quarantined: dict[str, list[str]]
    warnings: tuple[str, ...] = ()


def decide(evidence: Sequence[Evidence], *, rows: int, max_quarantined_share: float) -> Verdict:
    """Judge a model of `rows` rows.

    A rule that could not be evaluated holds: not knowing is no reason to send. A quarantine rule
    that failed without naming its rows holds too, and so do too many quarantined rows.
    """
    quarantined: dict[str, list[str]] = defaultdict(list)
    holds: list[str] = []
    warnings: list[str] = []
    for one in evidence:
        if one.status == "error":
            holds.append(f"{one.rule} could not be evaluated: {one.error}")
        elif one.status == "failed" and one.severity == "hold":
            holds.append(f"{one.rule}: {_extent(one)}, and {one.because}")
        elif one.status == "failed" and one.severity == "quarantine":
            if not one.keys:
                holds.append(f"{one.rule} failed but its rows could not be named")
            for key in one.keys:
                quarantined[key].append(one.rule)
        elif one.status == "failed":
            warnings.append(f"{one.rule}: {_extent(one)}")
    if rows and len(quarantined) / rows > max_quarantined_share:
        holds.append(
            f"{len(quarantined)} of {rows} rows would be withheld,"
            f" more than {max_quarantined_share:.0%}"
        )
    decision: Decision = "hold" if holds else "quarantine" if quarantined else "pass"
    return Verdict(decision, tuple(holds), dict(quarantined), tuple(warnings))


def _extent(one: Evidence) -> str:
    """How many rows fail, or of a rule about the whole table what it comes to."""
    if one.observed is None or one.counts_rows:
        return f"{one.failed:,} rows fail"
    return f"it comes to {one.observed:,.4g}"
