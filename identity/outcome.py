"""Writes what was found: clusters, accounts, the edges behind them, and what is held for review.

Relations of the work schema, read by whoever gives ids and golden records:

- `person_clusters`, `company_clusters`: record, cluster (its smallest record), rule, value,
  confidence; rule and value of the strongest edge that holds the record, null where it is alone.
- `person_accounts`: record, cluster (a company's cluster, or the smallest record of people whose
  company has no record of its own), rule, value, confidence.
- `edges`: entity, left_record, right_record, tier, rule, weight, inputs, accepted, reason.
- `reasons`: the edges without tier, accepted and reason, for who looks up a few of them.
- `review`: entity, left_record, right_record, weight, why.
"""

from __future__ import annotations

from identity.rules import rules
from identity.steps import Steps

# Between records; scored pairs are between parties, each named by its smallest record.
_FOLLOWED = """
create or replace view {work}.{entity}_followed as
select left_record, right_record, rule, weight, value from {work}.{entity}_edge {scored}
"""

_SCORED = """
union all
select left_record, right_record, 'pattern', weight, inputs
from {work}.person_scored where is_accepted
"""

_CLUSTERED = """
create or replace view {work}.{entity}_clustered as
select p.record, coalesce(c.cluster, p.cluster) as cluster
from {work}.{entity}_joined as p
left join {work}.{parties} as c on c.party = p.cluster
"""

# The strongest edge that holds a record in its cluster.
_CLUSTERS = """
with clustered as (from {work}.{entity}_clustered where true {scope}),
within as (
    select f.left_record, f.right_record,
        struct_pack(weight := f.weight, rule := f.rule, value := f.value) as edge
    from {work}.{entity}_followed as f
    join clustered as a on a.record = f.left_record
    join clustered as b on b.record = f.right_record and b.cluster = a.cluster
),
held_by as (
    select record, max(edge) as edge
    from (
        select left_record as record, edge from within
        union all
        select right_record, edge from within
    )
    group by record
)
select c.record, c.cluster, h.edge.rule as rule, h.edge.value as value,
    coalesce(1 / (1 + pow(2, -least(h.edge.weight, 60))), 1) as confidence
from clustered as c left join held_by as h using (record)
"""

_PLACED = """
with clustered as (from {work}.person_clusters where true {scope}),
own as (
    select o.* from {work}.record_account as o where o.record in (select record from clustered)
),
-- Somebody's records without a word of a company belong where the others of that person do.
persons as (
    select cluster, max_by(account, (records, account)) as account
    from (
        select p.cluster, o.account, count(*) as records
        from clustered as p join own as o using (record) group by all
    )
    group by cluster
)
select p.record, p.cluster,
    case when own.rule != 'mail' then own.account else persons.account end as account,
    case when own.rule != 'mail' then own.rule else 'person' end as rule,
    case when own.rule != 'mail' then own.value else p.cluster end as value
from clustered as p
join persons using (cluster)
left join own using (record)
"""

_PERSON_ACCOUNTS = """
create or replace view {work}.person_accounts as
with companies as (
    select n.account, min(c.cluster) as cluster
    from {work}.node_cluster as n
    join {work}.company_clusters as c on n.node = 'company:' || c.record
    group by n.account
),
firsts as (select account, min(record) as cluster from {work}.person_placed group by account)
select p.record, coalesce(c.cluster, f.cluster) as cluster, p.rule, p.value,
    coalesce(r.confidence, 0.9) as confidence
from {work}.person_placed as p
join firsts as f using (account)
left join companies as c using (account)
left join {work}.rule as r on r.rule = 'account_' || p.rule
"""

# Why two records may be one, without a word of whether they are: that takes no join.
_REASONS = """
create or replace view {work}.reasons as
select 'company' as entity, left_record, right_record, rule, weight, inputs
from {work}.company_edge
union all
select 'person', left_record, right_record, rule, weight, inputs
from {work}.person_edge
union all
select 'person', left_record, right_record, 'pattern', weight, inputs
from {work}.person_scored
"""

_EDGES = """
create or replace view {work}.edges as
select 'company' as entity, e.left_record, e.right_record, e.tier, e.rule, e.weight, e.inputs,
    a.cluster = b.cluster as accepted, h.reason
from {work}.company_edge as e
join {work}.company_clusters as a on a.record = e.left_record
join {work}.company_clusters as b on b.record = e.right_record
left join {work}.company_held as h
    on h.left_record = e.left_record and h.right_record = e.right_record
union all
select 'person', e.left_record, e.right_record, e.tier, e.rule, e.weight, e.inputs,
    a.cluster = b.cluster, h.reason
from {work}.person_edge as e
join {work}.person_clusters as a on a.record = e.left_record
join {work}.person_clusters as b on b.record = e.right_record
left join {work}.person_held as h
    on h.left_record = e.left_record and h.right_record = e.right_record
union all
select 'person', s.left_record, s.right_record, 'scored', 'pattern', s.weight, s.inputs,
    a.cluster = b.cluster,
    case when a.cluster != b.cluster then coalesce(s.reason, 'its clusters must stay apart') end
from {work}.person_scored as s
join {work}.person_clusters as a on a.record = s.left_record
join {work}.person_clusters as b on b.record = s.right_record
"""

_REVIEW = """
create or replace view {work}.review as
select entity, left_record, right_record, max(weight) as weight, min(reason) as why
from {work}.edges where not accepted
group by entity, left_record, right_record
"""


def declare_rules(steps: Steps) -> None:
    """Write `rule`: rule, tier, weight, confidence, as `rules.yaml` declares them."""
    declared = [
        f"('{name}', '{rule['tier']}', {rule['weight']}::double, {rule.get('confidence', 0.99)})"
        for name, rule in rules()["rules"].items()
    ]
    steps.execute(
        f"create or replace table {{work}}.rule as "
        f"from (values {', '.join(declared)}) as r(rule, tier, weight, confidence)"
    )


def write_outcome(steps: Steps) -> None:
    """Write the relations of the outcome from what the steps before have found."""
    steps.execute(
        "create or replace table {work}.no_party as select null::varchar as party, "
        "null::varchar as cluster where false"
    )
    for entity, scored, parties in (
        ("company", "", "no_party"),
        ("person", _SCORED, "party_cluster"),
    ):
        steps.execute(_FOLLOWED.replace("{scored}", scored), entity=entity)
        steps.execute(_CLUSTERED, entity=entity, parties=parties)
    steps.make("company_clusters", _CLUSTERS, entity="company", scope="")
    _touch_conclusions(steps)
    steps.derive("person_clusters", _CLUSTERS, "record", "concluded", values={"entity": "person"})
    _touch_places(steps)
    steps.derive("person_placed", _PLACED, "record", "placed")
    for statement in (_PERSON_ACCOUNTS, _REASONS, _EDGES, _REVIEW):
        steps.execute(statement)


def _touch_conclusions(steps: Steps) -> None:
    """A cluster is written anew as a whole: as it was, and as it is."""
    for touched in ("regrouped", "linked", "changed_person"):
        steps.touch("concluded", f"from touched_{touched}")
    steps.touch("concluded_party", "from touched_party")
    _spread(steps, "concluded", "concluded_party", "select record from {work}.person_joined")
    for clusters in ("person_clusters", "person_clustered"):
        steps.touch(
            "concluded_cluster",
            f"select cluster from {{work}}.{clusters} where record in (from touched_concluded)",
        )
    for clusters in ("person_clusters", "person_clustered"):
        _spread(steps, "concluded", "concluded_cluster", f"select record from {{work}}.{clusters}")


def _touch_places(steps: Steps) -> None:
    """Whose account moved moves the accounts of the whole person."""
    for touched in ("concluded", "moved_person"):
        steps.touch(
            "placed_cluster",
            "select cluster from {work}.person_clusters "
            f"where record in (from touched_{touched})",
        )
    steps.touch("placed", "from touched_concluded")
    _spread(steps, "placed", "placed_cluster", "select record from {work}.person_clusters")


def _spread(steps: Steps, touched: str, clusters: str, records: str) -> None:
    steps.touch(touched, f"{records} where cluster in (from touched_{clusters})")
