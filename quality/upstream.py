"""Lets a gate count what the gates of the tables below it have decided."""

from __future__ import annotations

from dataclasses import replace

from quality.evidence import Evidence
from quality.spec import RuleSet
from quality.spec import ruleset as read_ruleset
from warehouse.connection import Session, quoted
from warehouse.model_builds import build_of
from warehouse.state import StateStore
from warehouse.verdicts import StoredVerdict, latest_verdict


def upstream(ruleset: RuleSet, session: Session, state: StateStore) -> list[Evidence]:
    """One piece of evidence per gate below; a gate that has not judged the last build holds."""
    found = []
    for name in ruleset.after:
        below = read_ruleset(name)
        said = below_says(
            ruleset, below, latest_verdict(state, name), build_of(session, below.model)
        )
        found.append(_of_its_rows(said, ruleset, session) if said.keys else said)
    return found


def _of_its_rows(said: Evidence, ruleset: RuleSet, session: Session) -> Evidence:
    """The evidence without the keys of which this table has no row: nothing of it is withheld."""
    rows = session.rows(
        f"select distinct {quoted(ruleset.key)}::varchar as key from {ruleset.relation}"
        f" where list_contains($keys, {quoted(ruleset.key)}::varchar) order by key",
        {"keys": list(said.keys)},
    )
    keys = tuple(row["key"] for row in rows)
    return replace(said, keys=keys, failed=len(keys), status="failed" if keys else "passed")


def below_says(
    ruleset: RuleSet, below: RuleSet, verdict: StoredVerdict | None, build: str | None
) -> Evidence:
    """What the verdict of a gate below means for this one.

    Rows that it withholds are withheld here too where both go by the same key; where they do not,
    it is said as a warning.
    """
    name, owner = f"gate_{below.ruleset}", below.owner
    if (
        verdict is None
        or build is None
        or verdict.build_id != build
        or verdict.rules_hash != below.rules_hash
    ):
        said = f"the gate {below.ruleset} has not judged the last build of {below.table}"
        return Evidence(name, "hold", "error", 0, said, owner=owner)
    if verdict.decision == "hold":
        because = f"the gate {below.ruleset} holds: see `revops gate {below.ruleset}`"
        return Evidence(name, "hold", "failed", 1, because=because, owner=owner)
    if not verdict.quarantined:
        return Evidence(name, "hold", "passed", 0, owner=owner)
    because = f"the gate {below.ruleset} withholds them"
    failed = len(verdict.quarantined)
    if below.key != ruleset.key:
        return Evidence(name, "warn", "failed", failed, because=because, owner=owner)
    keys = tuple(sorted(verdict.quarantined))
    return Evidence(
        *(name, "quarantine", "failed", failed), keys=keys, because=because, owner=owner
    )
