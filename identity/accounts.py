"""Finds which company values are one company, and which company each record belongs to.

Company values (`#` 法人番号, `=` name, `@` domain) are nodes; what records say together makes edges
between them. A domain has one owner among the names seen on it, so that a subsidiary that mails
from its parent's domain stays a company of its own; a name that several companies carry is no key.
"""

from __future__ import annotations

import pyarrow as pa

from identity.clustering import Rules, cluster
from identity.rules import guard
from identity.sounds import write_sounds
from identity.steps import Steps

# Which company values were said together, in how many people's and companies' records.
_NODE_PAIRS = """
with said as (
    select true as is_person, record, kind, node from {work}.person_evidence
    union all
    select false, record, kind, node from {work}.company_evidence
)
select a.node, a.kind, b.node as other, b.kind as other_kind,
    count(*) filter (a.is_person) as people, count(*) filter (not a.is_person) as companies
from (from said where true {scope}) as a
join said as b on b.is_person = a.is_person and b.record = a.record
where a.node != b.node and b.kind != 'number'
    and (a.kind = 'number' or (a.kind in ('name', 'site') and b.kind in ('site', 'mail')))
group by all
"""

_LETTERS = """
select distinct '=' || skeleton as name, letters
from (
    select skeleton, letters from {work}.person_record
    union
    select skeleton, letters from {work}.company_record
)
where letters is not null
"""

# Sites speak for their owner more than mail does, and a company's own record more than a person's.
_NAMED_DOMAINS = """
with counted as (
    select node as name, other as domain,
        sum(case other_kind when 'site' then 3 * people + {listed} * companies
            else people + 3 * companies end) as strength,
        coalesce(sum(3 * people + {listed} * companies) filter (other_kind = 'site'), 0)
            as site_strength,
        coalesce(sum(people) filter (other_kind = 'mail'), 0) as mails
    from {work}.node_pair where kind = 'name'
    group by all
),
labelled as (
    select counted.*, letters,
        replace(split_part(substr(domain, 2), '.', 1), '-', '') as label
    from counted left join {work}.name_letters using (name)
)
select * exclude (letters), coalesce({affine}, false) as is_affine from labelled
"""

_AFFINE = """(
    jaro_winkler_similarity(letters, label) >= 0.92
    or (length(label) >= 6 and starts_with(letters, label))
    or (length(letters) >= 6 and starts_with(label, letters))
)"""

# The name that a domain belongs to: the one most often seen there, unless that name's own sites
# are elsewhere (a subsidiary that mails from its parent's domain). A domain that many names share,
# none of which it resembles or which stands out, belongs to nobody: a provider that no list knows.
_OWNERS = """
with judged as (
    select *, site_strength < 0.2 * sum(site_strength) over (partition by name) as is_guest
    from {work}.named_domain
)
select domain,
    max_by(name, (not is_guest, strength + is_affine::int, name)) as owner,
    max_by(strength, (not is_guest, strength + is_affine::int, name)) as owner_strength,
    count(*) as names,
    bool_or(is_affine) as is_affine,
    any_value(label) as label
from judged
group by domain
having bool_or(is_affine) or max(strength) > sum(strength) / 3.0 or count(*) < 4
"""

# Values of several companies: hosts without an owner; names of more than one 法人番号 or listed
# company, or on domains between which people of two companies never meet.
_AMBIGUOUS = """
with numbered as (
    select other as name, node as number, people + companies as records,
        companies > 0 as is_listed
    from {work}.node_pair where kind = 'number' and other_kind = 'name'
),
owned as (
    select o.owner as name, o.domain, p.mails
    from {work}.domain_owner as o
    join {work}.named_domain as p on p.name = o.owner and p.domain = o.domain
),
met as (select node as one, other from {work}.node_pair where kind = 'site'),
-- The domains of a name: where its people mail from, and the sites of companies' own records.
carried as (
    select name, domain from owned where mails >= 2
    union
    select node, other from {work}.node_pair
    where kind = 'name' and other_kind = 'site' and companies > 0
),
apart as (
    select a.name
    from carried as a
    join carried as b on b.name = a.name and b.domain > a.domain
    where not exists (from met where (one, other) in ((a.domain, b.domain), (b.domain, a.domain)))
)
select name, 'several numbers' as why
from numbered where is_listed or records >= 2
group by name having count(*) > 1
union
select name, 'several domains' from apart
union
select domain, 'a host of many' from {work}.named_domain
where domain not in (select domain from {work}.domain_owner)
union
select node, 'several listed companies' from {work}.company_evidence
where {referenced} and kind = 'name'
group by node having count(distinct record) > 1
"""

_EDGES = """
with firm_owner as (
    from {work}.domain_owner where owner not in (select name from {work}.ambiguous_name)
),
-- Spellings of the owner's name on its domain: typing errors, kana, Latin letters.
top_domain as (
    select name,
        max_by(domain, (strength, domain)) as domain,
        max_by(is_affine, (strength, domain)) as is_affine,
        max(strength) / sum(strength) as share
    from {work}.named_domain
    where name not in (select owner from {work}.domain_owner)
        and name not in (select name from {work}.ambiguous_name)
    group by name
),
spelling as (
    select t.name, o.owner, t.domain, t.share
    from top_domain as t
    join firm_owner as o using (domain)
    where t.share >= {alias_share}
        and (
            t.is_affine
            or jaro_winkler_similarity(substr(t.name, 2), substr(o.owner, 2)) >= 0.88
            or (length(o.owner) >= 5 and levenshtein(t.name, o.owner) <= 2)
        )
),
-- The owner's name as it sounds, in another script: 霞波システム and Kasumiha System.
spoken as (
    select t.name, o.owner, t.share
    from top_domain as t
    join firm_owner as o using (domain)
    join {work}.name_sound as a on a.name = t.name
    join {work}.name_sound as b on b.name = o.owner and b.is_japanese != a.is_japanese
    where t.share >= {alias_share}
        and least(length(a.sound), length(b.sound)) >= 3
        and levenshtein(a.sound, b.sound) <= 0.15 * greatest(length(a.sound), length(b.sound))
),
-- A company's own record without a domain, spoken letter by letter as one owner alone.
unplaced as (
    select a.name, min(b.name) as owner
    from {work}.name_sound as a
    join {work}.name_sound as b on b.spoken = a.spoken and b.is_japanese != a.is_japanese
    join firm_owner as o on o.owner = b.name
    where length(a.spoken) >= 8
        and a.name not in (select name from {work}.named_domain)
        and a.name not in (select name from {work}.ambiguous_name)
    group by a.name
    having count(distinct b.name) = 1
),
numbered as (
    select node as number, other as node, other_kind as kind, people + companies as records,
        companies > 0 as is_listed
    from {work}.node_pair where kind = 'number'
),
-- The name that a number's records mostly carry, and the number that a domain's mostly carry.
number_name as (
    select number, max_by(node, (is_listed, records, node)) as name, max(records) as records
    from numbered where kind = 'name' group by number
),
domain_number as (
    select node as domain, max_by(number, (is_listed, records, number)) as number,
        sum(records) as records, max(records) / sum(records) as share
    from numbered where kind in ('site', 'mail') group by node
),
-- A name spelled as a domain that it was never seen with: a label is cut where it is long.
labelled as (
    select n.name, any_value(o.owner) as owner, any_value(o.domain) as domain
    from top_domain as n
    join {work}.name_letters as l using (name)
    join firm_owner as o
        on substr(o.label, 1, 10) = substr(l.letters, 1, 10)
        and length(o.label) >= 10
        and starts_with(l.letters, o.label)
    where n.name not in (select name from spelling)
    group by n.name
    having count(distinct o.owner) = 1
),
listed as (
    select distinct record, node, kind from {work}.company_evidence
)
select owner as left_node, domain as right_node, 'domain_owner' as rule,
    8 + least(4, ln(owner_strength)) + (is_affine)::int as weight
from firm_owner
union all
select name, owner, 'name_spelling', 6 + share from spelling
union all
select name, owner, 'name_label', 6 from labelled
union all
select name, owner, 'name_spoken', 6 + share from spoken
union all
select name, owner, 'name_spoken', 5 from unplaced
union all
select number, name, 'number_name', 9 + least(4, ln(records))
from number_name where name not in (select name from {work}.ambiguous_name)
union all
select d.number, d.domain, 'number_domain', 7 + d.share
from domain_number as d
left join {work}.domain_owner as o using (domain)
where d.share >= {alias_share}
    and (o.owner is null or o.owner in (select name from {work}.ambiguous_name))
union all
select 'company:' || record, node, 'company_record',
    case kind when 'number' then 20 when 'site' then 15 when 'name' then 13 else 5 end
from listed
where kind = 'number'
    or (kind = 'name' and node not in (select name from {work}.ambiguous_name))
    or (kind = 'site' and (
        not exists (from {work}.domain_owner as o where o.domain = listed.node)
        or exists (
            from {work}.domain_owner as o
            join listed as mine on mine.node = o.owner
            where o.domain = listed.node and mine.record = listed.record
        )
        -- The owner's name in letters, shortened: the domain begins so, and no letters contradict.
        or exists (
            from {work}.domain_owner as o
            join listed as mine on mine.record = listed.record and mine.kind = 'name'
            join {work}.name_letters as l on l.name = mine.node
            where o.domain = listed.node
                and o.owner not in (select name from {work}.name_letters)
                and length(l.letters) >= 4 and starts_with(o.label, l.letters)
        )
    ))
union all
select 'company:' || record, 'company:' || link, 'external_link', 20
from {work}.company_link
where link in (select record from {work}.company_record)
"""


_NODES = """
select distinct node as record,
    case when node[1] = '#' then node end as number,
    case when {referenced} and starts_with(node, 'company:') then node end as listed
from (
    select node from {work}.person_evidence
    union select node from {work}.company_evidence
    union select left_node from {work}.node_edge
    union select right_node from {work}.node_edge
)
where node not in (select name from {work}.ambiguous_name)
order by 1
"""

_NODE_EDGES = """
select left_node as left_record, right_node as right_record, weight, true as certain
from {work}.node_edge
where left_node not in (select name from {work}.ambiguous_name)
    and right_node not in (select name from {work}.ambiguous_name)
order by all
"""

# Who has a parent is not its parent.
_APART = """
select 'company:' || r.record as left_record, 'company:' || r.parent_record as right_record
from {work}.company_record as r
join {work}.company_record as p on p.record = r.parent_record and p.record != r.record
order by all
"""

_PLACED_NODES = """
select node, account, bool_or(starts_with(node, 'company:')) over (partition by account)
    or not {referenced} as is_known
from node_clustered
"""


def group_nodes(steps: Steps, *, referenced: bool) -> None:
    """Write `node_cluster`: node, account, is_known; nodes of one account are one company.

    Touches `moved_node`. Nodes are few beside records, so they are grouped anew in every run.
    """
    filled = {
        "affine": _AFFINE,
        "listed": 1000 if referenced else 10,
        "referenced": str(referenced).lower(),
        "alias_share": guard("alias_share"),
    }
    steps.derive("node_pair", _NODE_PAIRS, "node", "node")
    for table, query in (
        ("name_letters", _LETTERS),
        ("named_domain", _NAMED_DOMAINS),
        ("domain_owner", _OWNERS),
        ("ambiguous_name", _AMBIGUOUS),
    ):
        steps.make(table, query, **filled)
    write_sounds(steps)
    steps.make("node_edge", _EDGES, **filled)
    nodes = steps.arrow(_NODES, **filled)
    found = cluster(
        nodes,
        steps.arrow(_NODE_EDGES),
        steps.arrow(_APART),
        rules=Rules(exclusive=("number", "listed")),
    )
    members = {"node": found.members["record"], "account": found.members["cluster"]}
    steps.session.load("node_clustered", pa.table(members), temporary=True)
    steps.replace("node_cluster", _PLACED_NODES, changed={"moved_node": "node"}, values=filled)
    steps.execute("drop table node_clustered")


# Records of companies that share a node, and those that only chains of nodes connect.
_COMPANY_EDGES = """
create or replace table {work}.company_found as
with placed as (
    select substr(node, 9) as record, account
    from {work}.node_cluster where starts_with(node, 'company:')
),
shared as (
    select e.kind || '_shared' as rule, e.node as value, e.record, c.account,
        min(e.record) over (partition by e.kind, e.node, c.account) as first
    from {work}.company_evidence as e
    join placed as c using (record)
    join {work}.node_cluster as n on n.node = e.node and n.account = c.account
    where e.kind != 'mail'
),
chained as (
    select record, account, min(record) over (partition by account) as first from placed
)
select s.first as left_record, s.record as right_record, s.rule, s.value, r.weight
from shared as s join {work}.rule as r using (rule) where s.first != s.record
union all
select l.link, l.record, 'external_link', l.link, r.weight
from {work}.company_link as l
join placed as one on one.record = l.record
join placed as other on other.record = l.link and other.account = one.account
join {work}.rule as r on r.rule = 'external_link'
where l.link != l.record
union all
select c.first, c.record, 'values_chained', c.account, r.weight
from chained as c join {work}.rule as r on r.rule = 'values_chained'
where c.first != c.record and c.record not in (select record from shared where first != record)
"""


def link_companies(steps: Steps) -> None:
    """Write `company_found`: the edges between companies' own records."""
    steps.execute(_COMPANY_EDGES)
