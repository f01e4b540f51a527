"""Writes what became of ids: minted, merged, split, restored, retired, each with its reason.

An event says what changed between two runs. `from_id` is the id that a merge ends, or that the
records of a split had; `to_id` is the id that they have now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from identity.statements import run
from warehouse.connection import Session

_EVENTS = """
create schema if not exists {memory};
create table if not exists {memory}.identity_events (
    entity varchar not null,
    event varchar not null,
    from_id varchar,
    to_id varchar,
    happened_at timestamptz not null,
    run_id varchar not null,
    rule varchar,
    why varchar not null,
    records varchar []
);
"""

_NO_EDGES = """(
    select null::varchar as entity, null::varchar as left_record, null::varchar as right_record,
        null::varchar as rule, null::double as weight, null::varchar as inputs
    where false
)"""

_NO_DECISIONS = """(
    select null::varchar as entity, null::varchar as decision, null::varchar as left_record,
        null::varchar as right_record, null::varchar as decided_by, null::varchar as because
    where false
)"""

# Records whose id changed, by where they came from and where they went.
_MOVES = """
create or replace temp table ids_move as
select
    known_id as from_id,
    entity_id as to_id,
    how,
    count(*) as records,
    list_slice(list(record order by record), 1, 20) as examples
from ids_news
where known_id is not null and known_id != entity_id
group by known_id, entity_id, how;

create or replace temp table ids_change as
with living as (
    select distinct entity_id from ids_news
),

gone as (
    select from_id, to_id, examples
    from ids_move
    where from_id not in (from living)
    qualify row_number() over (partition by from_id order by records desc, to_id) = 1
),

parted as (
    select from_id, to_id, how, examples
    from ids_move
    where from_id in (from living) and how != 'kept'
    qualify row_number() over (partition by to_id order by records desc, from_id) = 1
)

select 'merged' as event, from_id, to_id, examples from gone

union all

select case how when 'restored' then 'restored' else 'split' end, from_id, to_id, examples
from parted

union all

select 'moved', from_id, to_id, examples
from ids_move
where
    (from_id, to_id) not in (select (from_id, to_id) from gone)
    and (from_id, to_id) not in (select (from_id, to_id) from parted)

union all

select case how when 'restored' then 'restored' else 'minted' end, null, entity_id, [founder]
from ids_news
where record = founder and how != 'kept' and entity_id not in (select to_id from parted)

union all

select
    'retired',
    assignments.entity_id,
    null,
    list_slice(list(record_reference order by record_reference), 1, 20)
from {memory}.identity_assignments as assignments
semi join ids_gone on assignments.entity_id = ids_gone.entity_id
where
    assignments.entity = $entity
    and assignments.until is null
    and assignments.entity_id not in (select from_id from ids_move)
group by assignments.entity_id;
"""

# The strongest edge between what came and what it came to; a new record may stand between. Both
# ends have one id, so that nobody needs to be told whether the edge was followed.
_JOINED_BY = """
create or replace temp table ids_joined_by as
with moved as (
    select record, known_id as from_id, entity_id as to_id
    from ids_news
    where known_id is not null and known_id != entity_id
),

touching as (
    select edges.*
    from {edges} as edges
    semi join moved on edges.left_record = moved.record
    where edges.entity = $entity
    union
    select edges.*
    from {edges} as edges
    semi join moved on edges.right_record = moved.record
    where edges.entity = $entity
),

sided as (
    select left_record as record, right_record as other_record, * from touching
    union all
    select right_record, left_record, * from touching
)

select moved.from_id, moved.to_id, sided.rule, sided.inputs, sided.left_record, sided.right_record
from sided
inner join moved on sided.record = moved.record
inner join ids_news as other on sided.other_record = other.record
where other.entity_id = moved.to_id and other.known_id is distinct from moved.from_id
qualify row_number() over (
    partition by moved.from_id, moved.to_id
    order by
        other.known_id is not distinct from moved.to_id desc,
        sided.weight desc,
        sided.left_record,
        sided.right_record
) = 1;

create or replace temp table ids_parted_by as
select
    left_side.entity_id as left_id,
    right_side.entity_id as right_id,
    decisions.*
from {decisions} as decisions
inner join ids_news as left_side on decisions.left_record = left_side.record
inner join ids_news as right_side on decisions.right_record = right_side.record
where
    decisions.entity = $entity
    and decisions.decision = 'must_not_link'
    and left_side.entity_id != right_side.entity_id;
"""

_WRITE = """
insert into {memory}.identity_events
with parted_by as (
    select left_id as one_id, right_id as other_id, * exclude (left_id, right_id)
    from ids_parted_by
    union all
    select right_id, left_id, * exclude (left_id, right_id)
    from ids_parted_by
)

select
    $entity,
    ids_change.event,
    ids_change.from_id,
    ids_change.to_id,
    $at,
    $run_id,
    case
        when ids_change.event in ('merged', 'moved') then joined.rule
        when parted.decision is not null then parted.decision
    end as rule,
    case
        when ids_change.event in ('merged', 'moved') and joined.rule is not null
            then concat_ws(
                ' ',
                joined.rule,
                coalesce(try_cast(joined.inputs as json) ->> 'value', joined.inputs)
            )
        when ids_change.event in ('merged', 'moved') then 'their records are one by now'
        when parted.decision is not null
            then coalesce(parted.decided_by || ': ' || parted.because, parted.decision)
        when ids_change.from_id is not null and ids_change.event in ('split', 'restored')
            then 'nothing holds them together any more'
        when ids_change.event = 'restored' then 'its records are back'
        when ids_change.event = 'retired' then 'none of its records is left'
        else 'first seen'
    end as why,
    case
        when ids_change.event in ('merged', 'moved') and joined.rule is not null
            then [joined.left_record, joined.right_record]
        when parted.decision is not null then [parted.left_record, parted.right_record]
        else ids_change.examples
    end as records
from ids_change
left join ids_joined_by as joined
    on ids_change.from_id = joined.from_id and ids_change.to_id = joined.to_id
left join parted_by as parted
    on
        ids_change.event in ('split', 'restored')
        and ids_change.from_id = parted.one_id
        and ids_change.to_id = parted.other_id
qualify row_number() over (
    partition by ids_change.event, ids_change.from_id, ids_change.to_id
    order by parted.left_record, parted.right_record
) = 1
order by ids_change.event, ids_change.from_id, ids_change.to_id
"""


@dataclass(frozen=True)
class Causes:
    """Relations that tell why: the edges of this run, and the decisions of the stewards."""

    edges: str | None = None
    decisions: str | None = None


def prepare(session: Session, memory: str = "ops") -> None:
    """Make sure that there is a place for events."""
    run(session, _EVENTS.format(memory=memory))


def write(
    session: Session, entity: str, causes: Causes, *, at: datetime, run_id: str, memory: str
) -> None:
    """Compare `ids_news` with what was remembered, and append what became of every id."""
    run(session, _MOVES.format(memory=memory), entity=entity)
    joined = _JOINED_BY.format(
        edges=causes.edges or _NO_EDGES, decisions=causes.decisions or _NO_DECISIONS
    )
    run(session, joined, entity=entity)
    run(session, _WRITE.format(memory=memory), entity=entity, at=at, run_id=run_id)
