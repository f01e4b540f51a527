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

from identity.clustering import Clustering, Rules, cluster
from identity.rules import rules
from warehouse.connection import Session

# Components are split by what must stay apart, never for their size: rules are keys, not scores.
_CLUSTERING = Rules(large=10**9, dense=0.0)

_TABLES = """
create or replace table {work}.edges (
    entity varchar, left_record varchar, right_record varchar, tier varchar, rule varchar,
    weight double, inputs varchar, accepted boolean, reason varchar
);
create or replace table {work}.review (
    entity varchar, left_record varchar, right_record varchar, weight double, why varchar
)
"""

_EDGES = """
create or replace table {work}.{entity}_edge as
select e.left_record, e.right_record, r.tier, e.rule, e.weight, e.value,
    to_json({{'rule': e.rule, 'value': e.value}})::varchar as inputs
from {found} as e
join {work}.rule as r using (rule)
union all
select least(left_record, right_record), greatest(left_record, right_record), 'steward',
    'must_link', 'infinity'::double, null, '{{}}'
from {work}.decision
where decision = 'must_link' and entity = '{entity}'
    and left_record in (select record from {work}.{entity}_record)
    and right_record in (select record from {work}.{entity}_record)
"""

_CLUSTERS = """
create or replace table {work}.{entity}_clusters as
with held_by as (
    select e.record, max_by(rule, (weight, rule, value)) as rule,
        max_by(value, (weight, rule, value)) as value
    from (
        select left_record as record, rule, weight, value, left_record, right_record
        from {work}.{entity}_edge
        union all
        select right_record, rule, weight, value, left_record, right_record
        from {work}.{entity}_edge
    ) as e
    join {work}.clustered as a on a.record = e.left_record
    join {work}.clustered as b on b.record = e.right_record
    where a.cluster = b.cluster
    group by e.record
)
select c.record, c.cluster, h.rule, h.value, c.confidence
from {work}.clustered as c left join held_by as h using (record)
"""

_ALL_EDGES = """
insert into {work}.edges
select '{entity}', e.left_record, e.right_record, e.tier, e.rule, e.weight, e.inputs,
    a.cluster = b.cluster as accepted, h.reason
from {work}.{entity}_edge as e
join {work}.{entity}_clusters as a on a.record = e.left_record
join {work}.{entity}_clusters as b on b.record = e.right_record
left join {work}.held as h
    on h.left_record = e.left_record and h.right_record = e.right_record
"""

_REVIEW = """
insert into {work}.review
select '{entity}', left_record, right_record, max(weight), any_value(reason)
from {work}.held group by left_record, right_record
"""

_PERSON_ACCOUNTS = """
create or replace table {work}.person_accounts as
with own as (
    select record, account, rule, value from {work}.record_account
),
-- Somebody's records without a word of a company belong where the others of that person do.
persons as (
    select c.cluster, max_by(o.account, (o.n, o.account)) as account
    from (
        select p.cluster, own.account, count(*) as n
        from {work}.person_clusters as p join own using (record) group by all
    ) as o
    join (select distinct cluster from {work}.person_clusters) as c using (cluster)
    group by c.cluster
),
placed as (
    from own where rule != 'mail'
    union all
    select p.record, coalesce(persons.account, own.account),
        case when persons.account is null then own.rule else 'person' end,
        case when persons.account is null then own.value else p.cluster end
    from {work}.person_clusters as p
    left join persons using (cluster)
    left join own using (record)
    where coalesce(own.rule, 'mail') = 'mail' and coalesce(persons.account, own.account) is not null
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


def write_outcome(session: Session, work: str) -> None:
    """Write all tables of the outcome from what the stages before have found."""
    session.execute(_TABLES.format(work=work))
    for entity in ("company", "person"):
        _cluster_entity(session, work, entity)
    session.execute(_PERSON_ACCOUNTS.format(work=work))


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


def _cluster_entity(session: Session, work: str, entity: str) -> None:
    found = f"{work}.{entity}_found"
    session.execute(_EDGES.format(work=work, entity=entity, found=found))
    clustering = _clustered(session, work, entity)
    session.load(f"{work}.clustered", clustering.members)
    session.load(f"{work}.held", clustering.held)
    for statement in (_CLUSTERS, _ALL_EDGES, _REVIEW):
        session.execute(statement.format(work=work, entity=entity))


def _clustered(session: Session, work: str, entity: str) -> Clustering:
    records = session.arrow(f"select record from {work}.{entity}_record order by record")
    edges = session.arrow(f"""
        select left_record, right_record, weight, true as certain
        from {work}.{entity}_edge order by all
    """)
    apart = session.arrow(f"""
        select left_record, right_record from {work}.decision
        where decision = 'must_not_link' and entity = '{entity}'
            and left_record in (select record from {work}.{entity}_record)
            and right_record in (select record from {work}.{entity}_record)
        order by all
    """)
    return cluster(records, edges, apart if apart.num_rows else None, rules=_CLUSTERING)
