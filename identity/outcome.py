"""Writes what was found: clusters, accounts, the edges behind them, and what is held for review.

Tables of the work schema, read by whoever gives ids and golden records:

- `person_clusters`, `company_clusters`: record, cluster (its smallest record), rule, value,
  confidence; rule and value of the strongest edge that holds the record, null where it is alone.
- `person_accounts`: record, cluster (a company's cluster, or the smallest record of people whose
  company has no record of its own), rule, value, confidence.
- `edges`: entity, left_record, right_record, tier, rule, weight, inputs, accepted, reason.
- `review`: entity, left_record, right_record, weight, why.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from identity.clustering import Rules, cluster
from identity.rules import rules
from warehouse.connection import Session

# Components are split by what must stay apart, never for their size: rules are keys, not scores.
_CLUSTERING = Rules(large=10**9, dense=0.0)

_RULE_EDGES = """
create or replace table {work}.{entity}_edge as
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

_APART = """
select left_record, right_record from {work}.decision
where decision = 'must_not_link' and entity = '{entity}'
    and left_record in (select record from {work}.{entity}_record)
    and right_record in (select record from {work}.{entity}_record)
order by all
"""

_SCORED_PARTIES = """
select left_record as record from {work}.person_scored where is_accepted
union select right_record from {work}.person_scored where is_accepted
order by 1
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

_JOINED = """
create or replace table {work}.person_clustered as
select p.record, coalesce(c.cluster, p.party) as cluster
from {work}.party as p left join {work}.party_cluster as c on c.record = p.party
"""

_CLUSTERS = """
create or replace table {work}.{entity}_clusters as
with sides as (
    select left_record as record, right_record as other, rule, weight, value from {edges}
    union all select right_record, left_record, rule, weight, value from {edges}
),
held_by as (
    select s.record, max_by(rule, (weight, rule, value)) as rule,
        max_by(value, (weight, rule, value)) as value, max(weight) as weight
    from sides as s
    join {work}.{entity}_clustered as a using (record)
    join {work}.{entity}_clustered as b on b.record = s.other
    where a.cluster = b.cluster
    group by s.record
)
select c.record, c.cluster, h.rule, h.value,
    coalesce(1 / (1 + pow(2, -least(h.weight, 60))), 1) as confidence
from {work}.{entity}_clustered as c left join held_by as h using (record)
"""

_ALL_EDGES = """
insert into {work}.edges
select '{entity}', e.left_record, e.right_record, e.tier, e.rule, e.weight, e.inputs,
    a.cluster = b.cluster, h.reason
from {work}.{entity}_edge as e
join {work}.{entity}_clusters as a on a.record = e.left_record
join {work}.{entity}_clusters as b on b.record = e.right_record
left join {work}.{entity}_held as h
    on h.left_record = e.left_record and h.right_record = e.right_record
"""

_SCORED_EDGES = """
insert into {work}.edges
select 'person', s.left_record, s.right_record, 'scored', 'pattern', s.weight, s.inputs,
    a.cluster = b.cluster,
    case when a.cluster != b.cluster then coalesce(s.reason, 'its clusters must stay apart') end
from {work}.person_scored as s
join {work}.person_clusters as a on a.record = s.left_record
join {work}.person_clusters as b on b.record = s.right_record
"""

_REVIEW = """
create or replace table {work}.review as
select entity, left_record, right_record, max(weight) as weight, min(reason) as why
from {work}.edges where not accepted
group by entity, left_record, right_record
"""

_PERSON_ACCOUNTS = """
create or replace table {work}.person_accounts as
with counted as (
    select p.cluster, o.account, count(*) as records
    from {work}.person_clusters as p join {work}.record_account as o using (record)
    group by all
),
-- Somebody's records without a word of a company belong where the others of that person do.
persons as (
    select cluster, max_by(account, (records, account)) as account from counted group by cluster
),
placed as (
    select record, account, rule, value from {work}.record_account where rule != 'mail'
    union all
    select p.record, persons.account, 'person', p.cluster
    from {work}.person_clusters as p
    join persons using (cluster)
    where p.record not in (select record from {work}.record_account where rule != 'mail')
),
companies as (
    select n.account, min(c.cluster) as cluster
    from {work}.node_cluster as n
    join {work}.company_clusters as c on n.node = 'company:' || c.record
    group by n.account
)
select placed.record,
    coalesce(companies.cluster, min(placed.record) over (partition by placed.account)) as cluster,
    placed.rule, placed.value,
    coalesce(r.confidence, 0.9) as confidence
from placed
left join companies using (account)
left join {work}.rule as r on r.rule = 'account_' || placed.rule
"""


def declare_rules(session: Session, work: str) -> None:
    """Write `rule`: rule, tier, weight, confidence, as `rules.yaml` declares them."""
    declared = [
        f"('{name}', '{rule['tier']}', {rule['weight']}::double, {rule.get('confidence', 0.99)})"
        for name, rule in rules()["rules"].items()
    ]
    session.execute(
        f"create or replace table {work}.rule as "
        f"from (values {', '.join(declared)}) as r(rule, tier, weight, confidence)"
    )


def cluster_by_rules(session: Session, work: str, entity: str) -> None:
    """Write `{entity}_edge`, `{entity}_clustered` (record, cluster) and `{entity}_held`."""
    session.execute(_RULE_EDGES.format(work=work, entity=entity))
    records = session.arrow(f"select record from {work}.{entity}_record order by record")
    edges = session.arrow(f"""
        select left_record, right_record, weight, true as certain
        from {work}.{entity}_edge order by all
    """)
    apart = session.arrow(_APART.format(work=work, entity=entity))
    found = cluster(records, edges, apart if apart.num_rows else None, rules=_CLUSTERING)
    session.load(f"{work}.{entity}_clustered", found.members.select(["record", "cluster"]))
    session.load(f"{work}.{entity}_held", found.held)


def cluster_parties(session: Session, work: str) -> None:
    """Join parties along the accepted pairs of `person_scored`, into `person_clustered`."""
    parties = session.arrow(_SCORED_PARTIES.format(work=work))
    edges = session.arrow(f"""
        select left_record, right_record, weight, true as certain
        from {work}.person_scored where is_accepted order by all
    """)
    apart = session.arrow(_PARTIES_APART.format(work=work))
    session.load(f"{work}.party_cluster", _joined(parties, edges, apart))
    session.execute(_JOINED.format(work=work))


def _joined(parties: Any, edges: Any, apart: Any) -> Any:
    if not parties.num_rows:
        return pa.table({"record": pa.array([], pa.string()), "cluster": pa.array([], pa.string())})
    found = cluster(parties, edges, apart if apart.num_rows else None, rules=_CLUSTERING)
    return found.members.select(["record", "cluster"])


def write_outcome(session: Session, work: str) -> None:
    """Write all tables of the outcome from what the stages before have found."""
    session.execute(f"""
        create or replace table {work}.edges (
            entity varchar, left_record varchar, right_record varchar, tier varchar,
            rule varchar, weight double, inputs varchar, accepted boolean, reason varchar
        )
    """)
    scored = f"""(
        select left_record, right_record, rule, weight, value from {work}.person_edge
        union all
        select left_record, right_record, 'pattern', weight, inputs
        from {work}.person_scored where is_accepted
    )"""
    for entity, edges in (("company", f"{work}.company_edge"), ("person", scored)):
        filled = {"work": work, "entity": entity, "edges": edges}
        session.execute(_CLUSTERS.format(**filled))
        session.execute(_ALL_EDGES.format(**filled))
    for statement in (_SCORED_EDGES, _REVIEW, _PERSON_ACCOUNTS):
        session.execute(statement.format(work=work))
