"""Gives clusters the ids that their records had: what stays together keeps its id.

An id is minted once, from the reference of the record that founds its entity, so that a warehouse
that forgot everything comes to the same ids. After that memory decides: the assignments of the
last run, which no rebuild drops. Old ids and new clusters find each other by the records that they
share, the most first, then the oldest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from identity import history
from identity.statements import run as run_all
from warehouse.connection import Session

PREFIX = {"company": "acc", "person": "per"}

_MEMORY = """
create schema if not exists {memory};
create table if not exists {memory}.identity_assignments (
    entity varchar not null,
    record_reference varchar not null,
    entity_id varchar not null,
    since timestamptz not null,
    since_run varchar not null,
    until timestamptz,
    until_run varchar
);
"""

# The records of the run with the ids that they have at present, if any; a record that is away has
# no cluster. A cluster is settled whose records all have one id that no other cluster has: that is
# nearly all of them, and the steps below are about the others.
_KNOWN = """
create or replace temp table ids_record as
select
    coalesce(clusters.record, assignments.record_reference) as record,
    clusters.cluster,
    coalesce(clusters.created_at, timestamptz 'infinity') as created_at,
    assignments.entity_id as known_id
from {clusters} as clusters
full join (
    select record_reference, entity_id from {memory}.identity_assignments
    where entity = $entity and until is null
) as assignments
    on clusters.record = assignments.record_reference;

create or replace temp table ids_cluster as
with grouped as (
    select
        cluster,
        arg_min(record, (created_at, record)) as founder,
        min(known_id) as known_id,
        count(known_id) = count(*) and min(known_id) = max(known_id) as is_uniform
    from ids_record
    where cluster is not null
    group by cluster
),

contested as (
    select ids_record.known_id
    from ids_record
    semi join (select cluster from grouped where not is_uniform) as mixed
        on ids_record.cluster = mixed.cluster
    where ids_record.known_id is not null
    union
    select known_id from grouped where is_uniform group by known_id having count(*) > 1
)

select
    grouped.cluster,
    grouped.founder,
    grouped.is_uniform and contested.known_id is null as is_settled
from grouped
left join contested on grouped.known_id = contested.known_id;

create or replace temp table ids_open as
select ids_record.*
from ids_record
semi join (select cluster from ids_cluster where not is_settled) as unsettled
    on ids_record.cluster = unsettled.cluster;

create or replace temp table ids_founder as
select cluster, founder from ids_cluster where not is_settled;

create or replace temp table ids_overlap as
select
    cluster,
    known_id as entity_id,
    count(*) as records,
    min(struct_pack(created_at := created_at, record := record)) as oldest
from ids_open
where known_id is not null
group by cluster, known_id;

create or replace temp table ids_match as
select cluster, entity_id, 'kept' as how
from ids_overlap
qualify count(*) over (partition by cluster) = 1 and count(*) over (partition by entity_id) = 1;
"""

# Ids that nobody has any more, by the records that had them: an undone merge gives them back.
_FORMER = """
create or replace temp table ids_overlap as
with nameless as (
    from ids_open anti join ids_match on ids_open.cluster = ids_match.cluster
),

past as (
    select record_reference, entity_id
    from {memory}.identity_assignments
    where entity = $entity and until is not null
),

shared as (
    select nameless.cluster, past.entity_id, nameless.record, nameless.created_at
    from past
    inner join nameless on past.record_reference = nameless.record
)

select
    shared.cluster,
    shared.entity_id,
    count(*) as records,
    min(struct_pack(created_at := shared.created_at, record := shared.record)) as oldest
from shared
anti join (select known_id from ids_record where known_id is not null) as present
    on shared.entity_id = present.known_id
group by shared.cluster, shared.entity_id
"""

# Every pair shares records with no other pair, so `oldest` leaves no draw.
_MUTUAL_BEST = """
insert into ids_match
with free as (
    select * from ids_overlap
    where
        cluster not in (select cluster from ids_match)
        and entity_id not in (select entity_id from ids_match)
)

select cluster, entity_id, $how
from free
qualify
    row_number() over (partition by cluster order by records desc, oldest) = 1
    and row_number() over (partition by entity_id order by records desc, oldest) = 1
"""

_MINT = """
insert into ids_match
with unnamed as (
    select
        cluster,
        $prefix || left(md5(founder || $suffix), 16) as entity_id
    from ids_founder
    where cluster not in (select cluster from ids_match)
)

select unnamed.cluster, unnamed.entity_id, 'minted'
from unnamed
anti join (
    select entity_id from {memory}.identity_assignments where entity = $entity
) as ever
    on unnamed.entity_id = ever.entity_id
where unnamed.entity_id not in (select entity_id from ids_match)
"""

# `ids_gone`: the ids that records have at present and nobody keeps.
_ASSIGNED = """
create or replace temp table ids_news as
select
    ids_open.record,
    ids_open.cluster,
    ids_open.known_id,
    ids_match.entity_id,
    ids_match.how,
    ids_founder.founder
from ids_open
inner join ids_match on ids_open.cluster = ids_match.cluster
inner join ids_founder on ids_open.cluster = ids_founder.cluster;

create or replace temp view ids_assigned as
select
    ids_record.record,
    ids_record.cluster,
    ids_record.known_id,
    ids_record.known_id as entity_id,
    'kept' as how,
    ids_cluster.founder
from ids_record
inner join ids_cluster on ids_record.cluster = ids_cluster.cluster
where ids_cluster.is_settled
union all
select record, cluster, known_id, entity_id, how, founder from ids_news;

create or replace temp table ids_gone as
with away as (
    select distinct known_id from ids_record where cluster is null
)

select away.known_id as entity_id
from away
anti join (select known_id from ids_record where cluster is not null) as here
    on away.known_id = here.known_id
union
select known_id from ids_open
where known_id is not null and known_id not in (select entity_id from ids_match);
"""

# An id all of whose records have vanished is put to rest with them.
_REMEMBER = """
update {memory}.identity_assignments as assignments
set until = $at, until_run = $run_id
from (select record from ids_news where known_id != entity_id) as moved
where
    assignments.entity = $entity
    and assignments.until is null
    and assignments.record_reference = moved.record;

update {memory}.identity_assignments as assignments
set until = $at, until_run = $run_id
from ids_gone
where
    assignments.entity = $entity
    and assignments.until is null
    and assignments.entity_id = ids_gone.entity_id;

insert into {memory}.identity_assignments
select $entity, record, entity_id, $at, $run_id, null, null
from ids_news
where known_id is distinct from entity_id;
"""

# Where the records of every id that nobody has any more are now: one step, however long ago.
_RETIRED = """
create or replace temp table ids_retired as
with former as (
    select entity, entity_id, record_reference, until
    from {memory}.identity_assignments
    where
        (entity, entity_id) not in (
            select (entity, entity_id) from {memory}.identity_assignments where until is null
        )
)

select
    former.entity,
    former.entity_id as retired_id,
    mode(present.entity_id order by present.entity_id) as entity_id,
    max(former.until) as retired_at
from former
left join {memory}.identity_assignments as present
    on
        former.entity = present.entity
        and former.record_reference = present.record_reference
        and present.until is null
group by former.entity, former.entity_id
"""


@dataclass(frozen=True)
class Run:
    """Which run assigns, and when: what the history is told."""

    run_id: str
    at: datetime


def assign(
    session: Session,
    entity: str,
    clusters: str,
    run: Run,
    *,
    causes: history.Causes,
    memory: str = "ops",
) -> None:
    """Name every cluster, remember the names, and write what changed into the history.

    The result is the temporary view `ids_assigned`: record, cluster, known_id, entity_id, how
    (kept, restored or minted) and founder.

    Args:
        session: where the relations are.
        entity: `company` or `person`.
        clusters: a relation of record, cluster, created_at; deleted records too.
        run: this run.
        causes: where the reasons of changes can be found.
        memory: the schema that remembers; no rebuild may drop it.
    """
    prepare(session, memory)
    run_all(session, _KNOWN.format(clusters=clusters, memory=memory), entity=entity)
    _match(session, "kept")
    run_all(session, _FORMER.format(memory=memory), entity=entity)
    _match(session, "restored")
    _mint(session, entity, memory)
    run_all(session, _ASSIGNED)
    history.write(session, entity, causes, at=run.at, run_id=run.run_id, memory=memory)
    remember = _REMEMBER.format(memory=memory)
    run_all(session, remember, entity=entity, at=run.at, run_id=run.run_id)


def find_retired(session: Session, memory: str = "ops") -> None:
    """Make `ids_retired`: entity, retired_id, entity_id (null if no record is left), retired_at."""
    prepare(session, memory)
    session.execute(_RETIRED.format(memory=memory))


def prepare(session: Session, memory: str = "ops") -> None:
    """Make sure that the memory exists."""
    run_all(session, _MEMORY.format(memory=memory))
    history.prepare(session, memory)


def _match(session: Session, how: str) -> None:
    """Pair clusters and ids, the strongest pair first, as long as there is one."""
    while session.value("select count(*) from ids_match") != _after(session, how):
        pass


def _after(session: Session, how: str) -> int:
    session.execute(_MUTUAL_BEST, {"how": how})
    return int(session.value("select count(*) from ids_match"))


def _mint(session: Session, entity: str, memory: str) -> None:
    """Mint from the founder; an id that something else had once is never given again."""
    attempt = 0
    unnamed = (
        "select count(*) from ids_founder where cluster not in (select cluster from ids_match)"
    )
    while attempt == 0 or session.value(unnamed):
        session.execute(
            _MINT.format(memory=memory),
            {
                "prefix": f"{PREFIX[entity]}_",
                "suffix": f"#{attempt}" if attempt else "",
                "entity": entity,
            },
        )
        attempt += 1
