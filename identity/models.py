"""What the Python models in `dbt_project/models/identity` compute, on dbt's own connection.

Each function returns a relation of that connection, which dbt writes into the model's table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from identity import ids
from identity.engine import resolve
from identity.history import Causes
from identity.vocabulary import MANY, SINGLE, Entity
from warehouse.connection import Session

WORK = "identity_work"

# The columns of the records models that the engine calls otherwise; what is not there is null.
_NAMED: Mapping[Entity, Mapping[str, str]] = {
    "person": {
        "company": "company_name",
        "country": "country_name",
        "company_record": "company_reference",
    },
    "company": {
        "name": "company_name",
        "country": "country_name",
        "parent_record": "parent_reference",
    },
}

_EDGES = """
select
    left(md5(entity || left_record || right_record || rule || coalesce(inputs, '')), 16) as edge_id,
    *
from {work}.edges
qualify row_number() over (partition by edge_id order by weight desc) = 1
"""

_REVIEW = """
select
    'rev_' || left(md5(left_record || ' ' || right_record), 8) as review_id,
    *
from {work}.review
qualify row_number() over (partition by review_id order by weight desc) = 1
"""

_CLUSTERS = """
create or replace temp view clustered_record as
select clusters.record, clusters.cluster, records.created_at
from {work}.{entity}_clusters as clusters
inner join {schema}.{entity}_records as records
    on clusters.record = records.record_reference
"""

_MAP = """
select
    records.record_reference,
    records.source,
    records.source_object,
    records.source_record_id,
    assigned.entity_id as {column},
    coalesce(clusters.rule, 'own_record') as match_rule,
    coalesce(clusters.value, records.record_reference) as match_value,
    clusters.confidence,
    assigned.founder as founder_reference,
    {more}
    records.is_deleted,
    records.created_at,
    records.updated_at
from ids_assigned as assigned
inner join {schema}.{entity}_records as records
    on assigned.record = records.record_reference
inner join {work}.{entity}_clusters as clusters
    on assigned.record = clusters.record
{joined}
"""

_WORKS_AT = """
left join {work}.person_accounts as works_at
    on assigned.record = works_at.record
left join {schema}.account_map as accounts
    on works_at.cluster = accounts.record_reference
"""

_WORKS_AT_COLUMNS = """
    accounts.account_id,
    case when accounts.account_id is not null then works_at.rule end as account_rule,
    case when accounts.account_id is not null then works_at.value end as account_value,
"""


def resolve_records(session: Session, schema: str) -> None:
    """Resolve people and companies into the work schema, which a later run takes up again."""
    for entity in SINGLE:
        known = set(_columns(session, schema, f"{entity}_records"))
        session.execute(_input(entity, schema, known))
    _forget_the_work_of_other_versions(session)
    resolve(
        session,
        people="identity_person_input",
        companies="identity_company_input",
        work=WORK,
        decisions="ops.identity_decisions",
    )


def edges(session: Session) -> Any:
    """Every edge that was found, accepted or not."""
    return session.connection.sql(_EDGES.format(work=WORK))


def review(session: Session) -> Any:
    """Pairs that may be one and were not joined, for a steward."""
    return session.connection.sql(_REVIEW.format(work=WORK))


def account_map(session: Session, schema: str) -> Any:
    """Which account every company record belongs to, with ids that last."""
    _assign(session, "company", schema)
    return session.connection.sql(
        _MAP.format(
            column="account_id", entity="company", schema=schema, work=WORK, more="", joined=""
        )
    )


def person_map(session: Session, schema: str) -> Any:
    """Which person every person record belongs to, and which account by itself."""
    _assign(session, "person", schema)
    return session.connection.sql(
        _MAP.format(
            column="person_id",
            entity="person",
            schema=schema,
            work=WORK,
            more=_WORKS_AT_COLUMNS,
            joined=_WORKS_AT.format(schema=schema, work=WORK),
        )
    )


def retired_ids(session: Session) -> Any:
    """Where the records of ids are that nobody has any more."""
    ids.find_retired(session)
    return session.connection.sql("from ids_retired")


def _forget_the_work_of_other_versions(session: Session) -> None:
    """What the engine keeps between builds is its own: other code or rules begin anew."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in {".py", ".yaml"}:
            digest.update(path.read_bytes())
    made_by = digest.hexdigest()
    session.execute(f"create schema if not exists {WORK}")
    session.execute(f"create table if not exists {WORK}.made_by (version varchar)")
    if session.value(f"select version from {WORK}.made_by") != made_by:
        session.execute(f"drop schema {WORK} cascade")
        session.execute(f"create schema {WORK}")
        session.execute(f"create table {WORK}.made_by as select '{made_by}' as version")


def _assign(session: Session, entity: str, schema: str) -> None:
    session.execute(_CLUSTERS.format(entity=entity, schema=schema, work=WORK))
    at = session.rows("select run_id, started_at from ops.identity_run")[0]
    ids.assign(
        session,
        entity,
        "clustered_record",
        ids.Run(at["run_id"], at["started_at"]),
        causes=Causes(f"{WORK}.reasons", "ops.identity_decisions"),
    )


def _columns(session: Session, schema: str, table: str) -> list[str]:
    found = session.rows(
        "select column_name from information_schema.columns"
        " where table_schema = $schema and table_name = $table",
        {"schema": schema, "table": table},
    )
    return [row["column_name"] for row in found]


def _input(entity: Entity, schema: str, known: set[str]) -> str:
    """A view of the records in the engine's vocabulary."""
    named = _NAMED[entity]
    columns = ["record_reference as record", "source", "created_at", "updated_at", "is_deleted"]
    for name in SINGLE[entity]:
        column = named.get(name, name)
        columns.append(f"{column if column in known else 'null::varchar'} as {name}")
    columns += [f"{name if name in known else '[]::varchar[]'} as {name}" for name in MANY.values()]
    return (
        f"create or replace temp view identity_{entity}_input as"
        f" select {', '.join(columns)} from {schema}.{entity}_records"
    )
