"""Finds which company values are one company, and which company each record belongs to.

Company values (`#` 法人番号, `=` name, `@` domain) are nodes; what records say together makes edges
between them. A domain has one owner among the names seen on it, so that a subsidiary that mails
from its parent's domain stays a company of its own; a name that several companies carry is no key.
"""

from __future__ import annotations

import pyarrow as pa

from identity.clustering import Rules, cluster
from identity.rules import guard
from warehouse.connection import Session

_LETTERS = """
create or replace table {work}.name_letters as
select '=' || skeleton as name, min(letters) as letters
from {work}.seen_company where letters is not null group by skeleton
"""

# How often records said a name and a domain together. Sites speak for their owner more than mail
# does, and a company's own record more than a person's.
_NAMED_DOMAINS = """
create or replace table {work}.named_domain as
with spoken as (
    select n.node as name, d.node as domain, d.kind, n.entity,
        case
            when n.entity = 'company' and d.kind = 'site' then {listed}
            when n.entity = 'company' then 3
            when d.kind = 'site' then 3
            else 1
        end as strength,
        n.record
    from {work}.evidence as n
    join {work}.evidence as d on d.entity = n.entity and d.record = n.record
    where n.kind = 'name' and d.kind in ('site', 'mail')
),
counted as (
    select name, domain,
        sum(strength) as strength,
        coalesce(sum(strength) filter (kind = 'site'), 0) as site_strength,
        count(distinct record) filter (kind = 'mail' and entity = 'person') as mails
    from spoken
    group by name, domain
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
create or replace table {work}.domain_owner as
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

# Names of several companies: of more than one 法人番号 or listed company, or on domains between
# which people of two companies never meet.
_AMBIGUOUS = """
create or replace table {work}.ambiguous_name as
with numbered as (
    select n.node as name, c.node as number, count(*) as records,
        bool_or(n.entity = 'company') as is_listed
    from {work}.evidence as n
    join {work}.evidence as c on c.entity = n.entity and c.record = n.record
    where n.kind = 'name' and c.kind = 'number'
    group by all
),
owned as (
    select o.owner as name, o.domain, p.mails
    from {work}.domain_owner as o
    join {work}.named_domain as p on p.name = o.owner and p.domain = o.domain
),
met as (
    select distinct a.node as one, b.node as other
    from {work}.evidence as a
    join {work}.evidence as b on b.entity = a.entity and b.record = a.record
    where a.kind = 'site' and b.kind in ('site', 'mail') and a.node != b.node
),
-- The domains of a name: where its people mail from, and the sites of companies' own records.
carried as (
    select name, domain from owned where mails >= 2
    union
    select n.node, s.node
    from {work}.evidence as n
    join {work}.evidence as s on s.entity = n.entity and s.record = n.record
    where n.entity = 'company' and n.kind = 'name' and s.kind = 'site'
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
select node, 'several listed companies' from {work}.evidence
where {referenced} and entity = 'company' and kind = 'name'
group by node having count(distinct record) > 1
"""

_EDGES = """
create or replace table {work}.node_edge as
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
numbered as (
    select c.node as number, o.node, o.kind, count(*) as records,
        bool_or(o.entity = 'company') as is_listed
    from {work}.evidence as c
    join {work}.evidence as o on o.entity = c.entity and o.record = c.record
    where c.kind = 'number' and o.kind in ('name', 'site', 'mail')
    group by all
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
    select distinct record, node, kind from {work}.evidence where entity = 'company'
)
select owner as left_node, domain as right_node, 'domain_owner' as rule,
    8 + least(4, ln(owner_strength)) + (is_affine)::int as weight
from firm_owner
union all
select name, owner, 'name_spelling', 6 + share from spelling
union all
select name, owner, 'name_label', 6 from labelled
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


def group_nodes(session: Session, work: str, *, referenced: bool) -> None:
    """Write `account_node`: node, account; nodes of one account are values of one company."""
    filled = {
        "work": work,
        "affine": _AFFINE,
        "listed": 1000 if referenced else 10,
        "referenced": str(referenced).lower(),
        "alias_share": guard("alias_share"),
    }
    for statement in (_LETTERS, _NAMED_DOMAINS, _OWNERS, _AMBIGUOUS, _EDGES):
        session.execute(statement.format(**filled))
    nodes = session.arrow(f"""
        select distinct node as record,
            case when node[1] = '#' then node end as number,
            case when {filled["referenced"]} and node like 'company:%' then node end as listed
        from (
            select node from {work}.evidence
            union select unnest([left_node, right_node]) from {work}.node_edge
        )
        where node not in (select name from {work}.ambiguous_name)
        order by 1
    """)
    edges = session.arrow(
        "select left_node as left_record, right_node as right_record, weight, true as certain"
        f" from {work}.node_edge order by all"
    )
    # Who has a parent is not its parent.
    apart = session.arrow(f"""
        select 'company:' || r.record as left_record, 'company:' || r.parent_record as right_record
        from {work}.company_record as r
        join {work}.company_record as p on p.record = r.parent_record and p.record != r.record
        order by all
    """)
    found = cluster(nodes, edges, apart, rules=Rules(exclusive=("number", "listed")))
    members = {"node": found.members["record"], "account": found.members["cluster"]}
    session.load(f"{work}.node_cluster", pa.table(members))


# What each record itself says, strongest first. A mailbox belongs to where its records' names,
# sites and numbers mostly are: a subsidiary's people mail from the parent's domain.
_RECORD_ACCOUNTS = """
create or replace table {work}.record_account as
with spoken as (
    select e.record, e.node, c.account, e.kind,
        case e.kind when 'number' then 1 when 'name' then 2 when 'site' then 3 else 5 end as rank,
        l.account is not null or not {referenced} as is_known
    from {work}.evidence as e
    join {work}.node_cluster as c using (node)
    left join (
        select distinct account from {work}.node_cluster where starts_with(node, 'company:')
    ) as l using (account)
    where e.entity = 'person'
    union all
    -- The record of its company, as the tool itself has it.
    select p.record, c.node, c.account, 'record', 0, true
    from {work}.person_record as p
    join {work}.node_cluster as c on c.node = 'company:' || p.company_record
),
own as (
    select record,
        min_by(account, (not is_known, rank, node)) as account,
        min_by(kind, (not is_known, rank, node)) as kind,
        min_by(node, (not is_known, rank, node)) as node
    from spoken
    group by record
),
firm as (from own where kind != 'mail'),
mailbox_share as (
    select mailbox, account, count(*) as records
    from firm join {work}.person_mailbox using (record)
    where not is_placeholder
    group by all
),
mailbox_account as (
    select mailbox, max_by(account, (records, account)) as account
    from mailbox_share
    group by mailbox
    having max(records) >= {majority} * sum(records)
),
by_mailbox as (
    select p.record, min_by(m.account, p.mailbox) as account, min(p.mailbox) as node
    from {work}.person_mailbox as p
    join mailbox_account as m using (mailbox)
    anti join firm using (record)
    group by p.record
),
line_share as (
    select number, account, count(*) as records
    from firm join {work}.person_phone using (record)
    group by all
),
-- A main line: of several records, nearly all of one company.
line_account as (
    select number, max_by(account, (records, account)) as account
    from line_share
    group by number
    having max(records) >= 0.8 * sum(records) and max(records) >= 2
),
by_line as (
    select p.record, min_by(l.account, p.number) as account, min(p.number) as node
    from {work}.person_phone as p
    join line_account as l using (number)
    anti join own using (record)
    anti join by_mailbox using (record)
    group by p.record
)
select record, account, kind as rule, node as value from firm
union all
select record, account, 'mailbox', node from by_mailbox
union all
select record, account, 'mail', node from own
where kind = 'mail' and record not in (select record from by_mailbox)
union all
select record, account, 'phone', node from by_line
"""


def place_records(session: Session, work: str, *, referenced: bool) -> None:
    """Write `record_account`: record, account, rule, value; none for a record that says nothing."""
    session.execute(
        _RECORD_ACCOUNTS.format(
            work=work, referenced=str(referenced).lower(), majority=guard("majority")
        )
    )


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
    from {work}.evidence as e
    join placed as c using (record)
    join {work}.node_cluster as n on n.node = e.node and n.account = c.account
    where e.entity = 'company' and e.kind != 'mail'
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


def link_companies(session: Session, work: str) -> None:
    """Write `company_found`: the edges between companies' own records."""
    session.execute(_COMPANY_EDGES.format(work=work))
