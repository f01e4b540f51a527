"""Says who somebody is and why: the records, the edges that hold them together, the golden values.

Every part is one query over tables that a build has made; whoever is asked for can be named by an
id, also one of long ago, by a record, an e-mail address, a domain, a 法人番号 or a name.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from warehouse.connection import Row, Session
from warehouse.errors import Misconfigured

SHOWN_CANDIDATES = 50


@dataclass(frozen=True)
class Kind:
    """Where the tables of one kind of entity are."""

    entity: str
    id: str
    map: str
    records: str
    values: str
    edges: str
    name: str

    @property
    def columns(self) -> str:
        own = {
            "company": "company_name as name, normalised_domain as domain, corporate_number,"
            " country_name as country",
            "person": "full_name as name, source_email as email, phones[1] as phone,"
            " company_name as company",
        }
        return own[self.entity]


ACCOUNT = Kind(
    *("company", "account_id", "account_map", "company_records", "account_values"),
    *("account_edges", "account_name"),
)
PERSON = Kind(
    *("person", "person_id", "person_map", "person_records", "person_values"),
    *("person_edges", "full_name"),
)

# The id asked for, of now or of then; the shape of every other question.
_BY_ID = """
select entity, retired_id, entity_id from identity.retired_ids where retired_id = $key
union all
select distinct 'company', null, account_id from identity.account_map where account_id = $key
union all
select distinct 'person', null, person_id from identity.person_map where person_id = $key
"""

_BY_RECORD = """
select 'company' as entity, null as retired_id, account_id as entity_id
from identity.account_map where record_reference = $key
union all
select 'person', null, person_id from identity.person_map where record_reference = $key
"""

_BY_EMAIL = """
select distinct 'person' as entity, null as retired_id, person_id as entity_id
from identity.person_records
inner join identity.person_map using (record_reference)
where normalised_email = $key or list_contains(emails, $typed)
"""

_BY_DOMAIN = """
select 'company' as entity, null as retired_id, account_id as entity_id
from identity.account_domains where domain = $key
"""

_BY_NUMBER = """
select distinct 'company' as entity, null as retired_id, account_id as entity_id
from identity.company_records
inner join identity.account_map using (record_reference)
where corporate_number = $key
"""

_BY_NAME = """
select distinct 'company' as entity, null as retired_id, account_id as entity_id
from identity.company_records
inner join identity.account_map using (record_reference)
where contains(lower(company_name), $key) or contains(normalised_name, $joined)
union all
select distinct 'person', null, person_id
from identity.person_records
inner join identity.person_map using (record_reference)
where contains(lower(full_name), $key) or replace(lower(full_name), ' ', '') = $joined
limit 51
"""

_RECORDS = """
select
    record_reference, {columns}, match_rule, match_value, confidence, map.is_deleted,
    map.created_at, map.updated_at
from identity.{map} as map
inner join identity.{records} as records using (record_reference)
where map.{id} = $id
order by map.created_at nulls last, record_reference
"""

_EDGES = """
select left_record, right_record, tier, rule, weight, inputs, accepted, reason,
    case when {id} = $id then other_{id} else {id} end as other_id
from identity.{edges}
where {id} = $id or other_{id} = $id
order by accepted desc, weight desc, left_record, right_record
"""

_VALUES = """
select attribute, value, record_reference, rule, candidate_count, other_value_count
from identity.{values}
where {id} = $id and attribute != 'record'
order by attribute
"""

_HISTORY = """
select event, from_id, to_id, happened_at, run_id, rule, why, records
from identity.history
where entity = $entity and (from_id = $id or to_id = $id)
order by happened_at, event
"""

_DECISIONS = """
select decisions.*
from ops.identity_decisions as decisions
where entity = $entity and (
    left_record in (select record_reference from identity.{map} where {id} = $id)
    or right_record in (select record_reference from identity.{map} where {id} = $id)
)
order by decision_id
"""

_FAMILY = """
select account_id, parent_account_id, ultimate_parent_account_id, depth, record_reference
from identity.account_hierarchy
where account_id = $id or parent_account_id = $id
order by account_id != $id, account_id
"""

_CANDIDATES = """
select {id} as id, value as name
from identity.{values}
where attribute = '{name}' and list_contains($ids, {id})
order by name, id
"""


def find(session: Session, key: str) -> list[Row]:
    """Whoever the key names: entity (`company` or `person`), retired_id, entity_id."""
    typed = key.strip()
    folded = unicodedata.normalize("NFKC", typed).lower().strip()
    parameters = {"key": folded}
    if re.fullmatch(r"(acc|per)_[0-9a-f]{16}", folded):
        return session.rows(_BY_ID, parameters)
    if re.fullmatch(r"[^:\s]+:[^:\s]+:\S+", typed):
        return session.rows(_BY_RECORD, {"key": typed})
    if "@" in folded:
        return session.rows(_BY_EMAIL, parameters | {"typed": typed})
    if re.fullmatch(r"\d{13}", folded):
        return session.rows(_BY_NUMBER, parameters)
    if re.fullmatch(r"[^\s.]+(\.[^\s.]+)+", folded) and (
        found := session.rows(_BY_DOMAIN, {"key": folded.removeprefix("www.")})
    ):
        return found
    return session.rows(_BY_NAME, parameters | {"joined": "".join(folded.split())})


def explain(session: Session, key: str) -> dict[str, Any]:
    """Everything there is to say about whoever the key names, or the candidates if it is several.

    Raises:
        Misconfigured: nobody is known by that key.
    """
    found = find(session, key)
    if not found:
        raise Misconfigured(
            f"Nobody is known as {key!r}",
            advice="ask for an id, a record (source:object:id), an e-mail address, a domain,"
            " a 法人番号 or a part of a name; after new data, `revops build` first",
        )
    if len(found) > 1:
        return {"asked": key, "candidates": _candidates(session, found)}
    return {"asked": key} | _explained(session, found[0])


def _explained(session: Session, one: Row) -> dict[str, Any]:
    kind = ACCOUNT if one["entity"] == "company" else PERSON
    asked = {"id": one["entity_id"]}

    def rows(sql: str, **more: object) -> list[Row]:
        query = sql.format(**vars(kind), columns=kind.columns)
        return session.rows(query, asked | more)

    events = one["retired_id"] or one["entity_id"]
    return {
        "entity": kind.id.removesuffix("_id"),
        "id": one["entity_id"],
        "retired_id": one["retired_id"],
        "records": rows(_RECORDS),
        "edges": rows(_EDGES),
        "values": rows(_VALUES),
        "hierarchy": rows(_FAMILY) if kind is ACCOUNT else [],
        "history": session.rows(_HISTORY, {"id": events, "entity": kind.entity}),
        "decisions": rows(_DECISIONS, entity=kind.entity),
    }


def _candidates(session: Session, found: list[Row]) -> list[Row]:
    candidates: list[Row] = []
    for kind in (ACCOUNT, PERSON):
        ids = [one["entity_id"] for one in found if one["entity"] == kind.entity]
        if ids:
            query = _CANDIDATES.format(**vars(kind))
            named = {row["id"]: row["name"] for row in session.rows(query, {"ids": ids})}
            entity = kind.id.removesuffix("_id")
            candidates += [{"entity": entity, "id": i, "name": named.get(i)} for i in ids]
    return candidates[:SHOWN_CANDIDATES]
