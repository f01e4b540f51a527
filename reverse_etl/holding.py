"""Tells why nothing of a sync may leave: nobody has judged this data, or the gate says no."""

from __future__ import annotations

from reverse_etl.spec import SyncSpec
from warehouse.verdicts import StoredVerdict


def hold_reasons(
    spec: SyncSpec,
    verdict: StoredVerdict | None,
    current_build: str | None,
    current_rules: str | None,
) -> tuple[str, ...]:
    """Why the sync is held, in words; nothing where the judged data is the data that is there.

    Args:
        spec: the sync, which names its gate.
        verdict: the gate's latest, if there is any.
        current_build: the dbt build of what was to be judged, if it is known.
        current_rules: the hash of the rules as they are now.
    """
    ruleset = spec.gate.ruleset
    if verdict is None:
        return (f"the gate {ruleset} has not judged anything yet: run `revops gate {ruleset}`",)
    # A build that nobody recorded is not the same as another build that nobody recorded.
    if current_build is None or verdict.build_id != current_build:
        return (
            f"the gate {ruleset} judged an earlier build of the data: run `revops gate {ruleset}`",
        )
    if verdict.rules_hash != current_rules:
        return (f"the rules of {ruleset} have changed since: run `revops gate {ruleset}`",)
    if verdict.decision != "hold":
        return ()
    failed = [
        f"{one['rule']}: {one['error'] or one['because']}"
        for one in verdict.evidence
        if one["status"] == "error" or (one["status"] == "failed" and one["severity"] != "warn")
    ]
    return (f"the gate {ruleset} holds", *failed)
