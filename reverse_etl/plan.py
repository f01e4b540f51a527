"""Decides what a sync would change: a pure function of wishes, what was sent, and the verdict."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from reverse_etl.diff import Difference
from reverse_etl.spec import SyncSpec
from warehouse.deliveries import Delivered, Operation
from warehouse.verdicts import Decision, StoredVerdict

WithheldFor = Literal[
    "held", "quarantined", "not_judged", "holdout", "key_is_null", "key_is_not_unique"
]


@dataclass(frozen=True)
class Change:
    """One record: each field's value as last sent (None where never sent) and as it would be."""

    key: str
    operation: Operation
    before: dict[str, Any]
    after: dict[str, Any]
    desired: str

    @property
    def is_first(self) -> bool:
        return not self.before


@dataclass(frozen=True)
class Withheld:
    """A record that differs but may not leave."""

    key: str | None
    reason: WithheldFor
    details: tuple[str, ...] = ()
    rows: int = 1


@dataclass(frozen=True)
class Plan:
    """Everything that one sync would do, and everything that it would not, with the reason."""

    sync: str
    destination: str
    object: str
    config_hash: str
    verdict_id: int | None
    decision: Decision
    hold_reasons: tuple[str, ...]
    changes: tuple[Change, ...]
    withheld: tuple[Withheld, ...]
    rows: int
    unchanged: int
    gone: int

    @property
    def digest(self) -> str:
        """The same for two plans that would send the same."""
        sent = [[c.key, c.operation, c.after] for c in self.changes]
        text = json.dumps([self.sync, self.config_hash, sent], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def counts(self) -> dict[str, int]:
        first = sum(change.is_first for change in self.changes)
        return {
            "rows": self.rows,
            "first": first,
            "changed": len(self.changes) - first,
            "unchanged": self.unchanged,
            "withheld": sum(one.rows for one in self.withheld),
            "gone": self.gone,
        }

    def as_json(self) -> dict[str, Any]:
        return {
            "sync": self.sync,
            "destination": self.destination,
            "object": self.object,
            "digest": self.digest,
            "config_hash": self.config_hash,
            "verdict_id": self.verdict_id,
            "decision": self.decision,
            "hold_reasons": list(self.hold_reasons),
            "counts": self.counts,
            "changes": [
                {
                    "key": change.key,
                    "operation": change.operation,
                    "fields": {
                        field: {"before": change.before.get(field), "after": after}
                        for field, after in change.after.items()
                    },
                }
                for change in self.changes
            ],
            "withheld": [asdict(one) | {"details": list(one.details)} for one in self.withheld],
        }


def decide_plan(
    spec: SyncSpec,
    found: Difference,
    last_sent: Sequence[Delivered],
    verdict: StoredVerdict | None,
    *,
    current_build: str | None,
    is_prepared: bool,
    current_rules: str | None = None,
) -> Plan:
    """Sort every row of the model into exactly one group: change, unchanged or withheld.

    No verdict, or one about another build of the model or by other rules, holds: nobody has
    judged this data. So do rows that were not prepared from the judged build (`is_prepared`
    false).
    """
    holds = _hold_reasons(spec, verdict, current_build, current_rules)
    if not holds and not is_prepared:
        holds = (f"{spec.model} is older than the data that was judged: run `revops build`",)
    held_values = {row.key: row.held for row in last_sent}
    changes: list[Change] = []
    withheld = _unusable(found)
    unchanged = found.same
    for candidate in found.candidates:
        change = _change(spec, candidate.key, candidate.desired, held_values.get(candidate.key))
        if change is None:
            unchanged += 1
        elif holds:
            withheld.append(Withheld(candidate.key, "held", holds))
        elif candidate.gate_key is None:
            withheld.append(Withheld(candidate.key, "not_judged"))
        elif verdict is not None and candidate.gate_key in verdict.quarantined:
            broken = tuple(verdict.quarantined[candidate.gate_key])
            withheld.append(Withheld(candidate.key, "quarantined", broken))
        elif candidate.is_held_out:
            withheld.append(Withheld(candidate.key, "holdout", _named(spec)))
        else:
            changes.append(change)
    return Plan(
        sync=spec.name,
        destination=spec.destination,
        object=spec.object,
        config_hash=spec.config_hash,
        verdict_id=verdict.verdict_id if verdict else None,
        decision="hold" if holds else verdict.decision if verdict else "hold",
        hold_reasons=holds,
        changes=tuple(changes),
        withheld=tuple(withheld),
        rows=found.rows,
        unchanged=unchanged,
        gone=found.gone,
    )


def _hold_reasons(
    spec: SyncSpec,
    verdict: StoredVerdict | None,
    current_build: str | None,
    current_rules: str | None,
) -> tuple[str, ...]:
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


def _named(spec: SyncSpec) -> tuple[str, ...]:
    return (spec.holdout.name,) if spec.holdout else ()


def _unusable(found: Difference) -> list[Withheld]:
    nulls = [Withheld(None, "key_is_null", rows=found.null_keys)] if found.null_keys else []
    return nulls + [
        Withheld(key, "key_is_not_unique", rows=rows) for key, rows in found.doubled_keys.items()
    ]


def _change(
    spec: SyncSpec, key: str, desired: str, held: Mapping[str, Any] | None
) -> Change | None:
    # What was made once is people's own: it is not touched again.
    if spec.mode == "create_only" and held is not None:
        return None
    wishes = json.loads(desired)
    before = dict(held or {})
    after = {
        mapping.field: wishes[mapping.field]
        for mapping in spec.fields
        if _is_sent(mapping.nulls, wishes[mapping.field], mapping.field, before)
    }
    if not after:
        return None
    return Change(key, spec.operation, {f: before[f] for f in after if f in before}, after, desired)


def _is_sent(nulls: str, wish: object, field: str, before: Mapping[str, Any]) -> bool:
    if wish is None and nulls == "skip":
        return False
    return field not in before or before[field] != wish
