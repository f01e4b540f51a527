"""What a steward is asked and may say: the queue of open pairs, and the records of a decision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import yaml

from identity.explain import ACCOUNT, PERSON, Kind
from warehouse.connection import Row, Session
from warehouse.decisions import PAIRS, Decision, Decisions
from warehouse.documents import Document, read_document
from warehouse.errors import Misconfigured

_QUEUE = """
select
    review.review_id, review.entity, review.weight, review.why,
    review.left_record, review.right_record
from identity.review as review
left join ops.identity_decisions as decided
    on
        review.entity = decided.entity
        and least(review.left_record, review.right_record) = decided.left_record
        and greatest(review.left_record, review.right_record) = decided.right_record
where decided.decision_id is null
order by review.weight desc nulls last, review.review_id
"""

_SIDES = """
select record_reference, map.{id} as id, {columns}
from identity.{records}
inner join identity.{map} as map using (record_reference)
where list_contains($records, record_reference)
"""

_ENTITY = """
select 'company' as entity from identity.account_map where record_reference = $record
union all
select 'person' from identity.person_map where record_reference = $record
"""


def queue(session: Session, *, limit: int | None = None) -> list[Row]:
    """The pairs that nobody has decided yet, the likeliest first, with both records."""
    pairs = session.rows(_QUEUE + (f" limit {limit}" if limit else ""))
    sides: dict[str, Row] = {}
    for kind in (ACCOUNT, PERSON):
        records = [
            pair[side]
            for pair in pairs
            if pair["entity"] == kind.entity
            for side in ("left_record", "right_record")
        ]
        sides |= _sides(session, kind, records)
    return [
        pair | {"left": sides.get(pair["left_record"]), "right": sides.get(pair["right_record"])}
        for pair in pairs
    ]


def _sides(session: Session, kind: Kind, records: Sequence[str]) -> dict[str, Row]:
    query = _SIDES.format(**vars(kind), columns=kind.columns)
    found = session.rows(query, {"records": list(records)}) if records else []
    return {row["record_reference"]: row for row in found}


def pair_of(session: Session, named: Sequence[str]) -> tuple[str, str, str]:
    """Entity and two records, of the name of a pair in the queue or of the records themselves.

    Raises:
        Misconfigured: there is no such pair or record.
    """
    if len(named) == 1:
        found = session.rows(
            "select entity, left_record, right_record from identity.review where review_id = $id",
            {"id": named[0]},
        )
        if not found:
            raise Misconfigured(
                f"No pair {named[0]!r} is open", advice="`revops identity review` lists them"
            )
        return found[0]["entity"], found[0]["left_record"], found[0]["right_record"]
    left, right = named
    entities = {entity_of(session, record) for record in (left, right)}
    if len(entities) > 1:
        raise Misconfigured(f"{left} and {right} are a company and a person")
    if left == right:
        raise Misconfigured(f"{left} is one record")
    return entities.pop(), left, right


def entity_of(session: Session, record: str) -> str:
    """Whether a record is a company's or a person's.

    Raises:
        Misconfigured: no build has seen such a record.
    """
    found = session.rows(_ENTITY, {"record": record})
    if not found:
        raise Misconfigured(
            f"No record is called {record!r}",
            advice="decisions are about records, source:object:id, never about ids;"
            " `revops identity explain ID` lists the records of one",
        )
    return str(found[0]["entity"])


class Written(Document):
    """A decision in a file that people review."""

    entity: Literal["company", "person"]
    decision: Literal["must_link", "must_not_link", "do_not_use_value", "use_value"]
    left_record: str
    right_record: str | None = None
    attribute: str | None = None
    value: str | None = None
    because: str
    decided_by: str
    decided_at: datetime


class DecisionFile(Document):
    """Decisions as YAML: what `revops identity decisions --out` writes and `decide` reads."""

    decisions: list[Written]


def write_file(path: Path, decisions: Iterable[Decision]) -> None:
    """Write what is in force, for a review in version control."""
    listed = [
        {name: value for name, value in one.as_json().items() if value is not None}
        for one in decisions
    ]
    for one in listed:
        one.pop("decision_id")
        one["decided_at"] = one["decided_at"].isoformat()
    text = yaml.safe_dump({"decisions": listed}, allow_unicode=True, sort_keys=False)
    path.write_text(text, encoding="utf-8")


def read_file(path: Path, decisions: Decisions) -> list[Decision]:
    """Take over the decisions of a file; those that are in force already are left as they are.

    Raises:
        Misconfigured: the file is wrong; the message names the line.
    """
    listed = read_document(path, DecisionFile).decisions
    halves = [one for one in listed if (one.decision in PAIRS) != (one.right_record is not None)]
    if halves:
        raise Misconfigured(
            f"{path.name}: {halves[0].decision} of {halves[0].left_record}:"
            " two records make a link, and a value is of one"
        )
    return [decisions.decide(Decision(**one.model_dump())) for one in listed]
