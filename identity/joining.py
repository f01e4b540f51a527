"""Joins records along the edges that rules found, and parties along the scored pairs followed."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from identity.clustering import Rules, cluster
from identity.steps import Steps

# Components are split by what must stay apart, never for their size: rules are keys, not scores.
_CLUSTERING = Rules(large=10**9, dense=0.0)

_RULE_EDGES = """
create or replace view {work}.{entity}_edge as
select e.left_record, e.right_record, r.tier, e.rule, e.weight, e.value,
    to_json({{'value': e.value}})::varchar as inputs
from {work}.{entity}_found as e
join {work}.rule as r using (rule)
union all
select least(left_record, right_record), greatest(left_record, right_record), 'steward',
    'must_link', 'infinity'::double, null, null
from {work}.decision
where decision = 'must_link' and entity = '{entity}'
    and left_record in (select record from {work}.{entity}_record)
    and right_record in (select record from {work}.{entity}_record)
"""

_MEMBERS = """
select record from {work}.{entity}_record where true {scope} order by record
"""

_MEMBERS_EDGES = """
select left_record, right_record, weight, true as certain
from {work}.{entity}_edge where true {scope} order by all
"""

_APART = """
select left_record, right_record from {work}.decision
where decision = 'must_not_link' and entity = '{entity}'
    and left_record in (select record from {work}.{entity}_record)
    and right_record in (select record from {work}.{entity}_record)
    {scope}
order by all
"""

_SCORED_PARTIES = """
select left_record as record from {work}.person_scored where is_accepted
union select right_record from {work}.person_scored where is_accepted
order by 1
"""

_SCORED_EDGES = """
select left_record, right_record, weight, true as certain
from {work}.person_scored where is_accepted order by all
"""

# Other full names in one account, and what a steward keeps apart.
_PARTIES_APART = """
with joined as (
    select left_record as party from {work}.person_scored where is_accepted
    union select right_record from {work}.person_scored where is_accepted
),
apart as (
    select c.left_party as left_record, c.right_party as right_record
    from {work}.compared as c join {work}.pattern as p using (account, name, support, rarity)
    where c.name = 'other' and p.precision < 0.5
    union
    select least(a.party, b.party), greatest(a.party, b.party)
    from {work}.decision as d
    join {work}.party as a on a.record = d.left_record
    join {work}.party as b on b.record = d.right_record
    where d.decision = 'must_not_link' and d.entity = 'person' and a.party != b.party
)
select left_record, right_record from apart
where left_record in (from joined) and right_record in (from joined)
order by all
"""


def join_by_rules(steps: Steps, entity: str) -> None:
    """Write `{entity}_edge`, `{entity}_joined` (record, component, cluster), `{entity}_held`.

    A component is what edges connect, whatever must stay apart in it. Touches `regrouped`, the
    records whose cluster is another now.
    """
    steps.execute(_RULE_EDGES, entity=entity)
    # A record alone has no edge, and yet comes and goes.
    steps.touch("linked", "from touched_changed_person")
    steps.touch(
        "component",
        f"""
        select component from {{work}}.{entity}_joined
        where record in (from touched_linked)
    """,
    )
    steps.touch(
        "member",
        f"""
        select record from {{work}}.{entity}_joined
        where component in (from touched_component)
    """,
    )
    steps.touch("member", "from touched_linked")
    scopes = {column: steps.scope(column, "member") for column in ("record", "left_record")}
    records = steps.arrow(_MEMBERS, entity=entity, scope=scopes["record"])
    edges = steps.arrow(_MEMBERS_EDGES, entity=entity, scope=scopes["left_record"])
    apart = steps.arrow(_APART, entity=entity, scope=scopes["left_record"])
    joined, held = _joined(records, edges, apart)
    steps.session.load("found_groups", joined, temporary=True)
    steps.session.load("found_held", held, temporary=True)
    steps.derive(
        f"{entity}_joined",
        "select * from found_groups where true {scope}",
        "record",
        "member",
        changed={"regrouped": "record", "party": "cluster"},
    )
    steps.derive(
        f"{entity}_held",
        "select * from found_held where true {scope}",
        "left_record",
        "member",
    )
    steps.execute("drop table found_groups; drop table found_held")


def _joined(records: Any, edges: Any, apart: Any) -> tuple[Any, Any]:
    free = cluster(records, edges, rules=_CLUSTERING)
    kept = cluster(records, edges, apart, rules=_CLUSTERING) if apart.num_rows else free
    groups = pa.table(
        {
            "record": kept.members["record"],
            "component": free.members["cluster"],
            "cluster": kept.members["cluster"],
        }
    )
    return groups, kept.held


def join_parties(steps: Steps) -> None:
    """Join parties along the accepted pairs of `person_scored`, into `party_cluster`.

    Touches `concluded_party`. Few parties have an accepted pair, so all are joined in every run.
    """
    parties = steps.arrow(_SCORED_PARTIES)
    found = parties.append_column("cluster", parties["record"])
    if parties.num_rows:
        apart = steps.arrow(_PARTIES_APART)
        edges = steps.arrow(_SCORED_EDGES)
        kept = cluster(parties, edges, apart if apart.num_rows else None, rules=_CLUSTERING)
        found = kept.members
    steps.session.load("found_groups", found, temporary=True)
    steps.replace(
        "party_cluster",
        "select record as party, cluster from found_groups",
        changed={"concluded_party": "party"},
    )
    steps.execute("drop table found_groups")
