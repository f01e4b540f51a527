"""Tells from the data what a value is worth: whose mailbox it is, whose phone, or nobody's.

A mailbox or phone that people of incompatible names use is split among the names. Records without
a name follow the owner of their mailbox where there is one: the name that most of its records
carry, unless the mailbox is spelled as somebody else or as a desk.
"""

from __future__ import annotations

from identity.clustering import Rules, cluster
from identity.rules import guard
from warehouse.connection import Session


def compatible(one: str, other: str) -> str:
    """SQL: whether two rows with name keys, in the same place, may be one person's names."""
    a, b = one, other
    return f"""(
        {a}.token_key = {b}.token_key
        or ({a}.family_reading = {b}.family_reading and (
            {a}.given_reading = {b}.given_reading
            or (({a}.script != {b}.script or {a}.script = 'han')
                and ({a}.given_reading is null or {b}.given_reading is null)
                and {a}.script != {b}.script)
            or (least(length({a}.given_reading), length({b}.given_reading)) = 1
                and {a}.given_reading[1] = {b}.given_reading[1])
        ))
        or ({a}.script != {b}.script
            and ({a}.family_reading is null or {b}.family_reading is null))
        or ({a}.script = 'latin' and {b}.script = 'latin'
            and jaro_winkler_similarity({a}.token_key, {b}.token_key) >= 0.9)
    )"""


# How well a mailbox is spelled as a name: 3 both parts of it, 2 one part, 1 an initial beside
# nothing else known, 0 as something else; null where the name's reading is unknown.
def fit(local: str, name: str) -> str:
    """SQL: the level of a row with `words` (the local part) against a row with name keys."""
    letters, family, given = f"{local}.letters", f"{name}.family_reading", f"{name}.given_reading"
    has_family = f"(length({family}) >= 2 and contains({letters}, {family}))"
    has_given = f"(length({given}) >= 2 and contains({letters}, {given}))"
    return f"""case
        when {family} is null and {given} is null then null
        when {has_family} and {has_given} then 3
        when {has_family} or {has_given} then 2
        when jaro_winkler_similarity({letters}, {family}) >= 0.9 then 2
        else 0
    end"""


# One spelling of long vowels and of the syllables that Hepburn and Kunrei write differently.
_FOLDED_ROMAN = """
    regexp_replace(regexp_replace(regexp_replace(lower({text}), '[^a-z]', '', 'g'),
        '([aiueo])\\1+|ou', '\\1', 'g'), 'h', '', 'g')
"""

_MAILBOX_NAMES = """
create or replace table {work}.mailbox_name as
select m.mailbox, r.token_key,
    min(r.folded) as folded, min(r.script) as script,
    max(r.family_reading) as family_reading, max(r.given_reading) as given_reading,
    count(*) as records,
    any_value(m.words) as words,
    replace(any_value(m.words), ' ', '') as letters,
    bool_or(m.is_role) as is_role,
    bool_or(m.host_kind is null) as is_work
from {work}.person_mailbox as m
join {work}.person_record as r using (record)
where r.token_key is not null and m.mailbox is not null and not m.is_placeholder
group by m.mailbox, r.token_key
"""

_CONTESTED = """
select mailbox || chr(31) || token_key as record
from {work}.mailbox_name
where mailbox in (select mailbox from {work}.mailbox_name group by mailbox having count(*) > 1)
order by 1
"""

_GROUPS = """
create or replace table {work}.mailbox_group as
select n.mailbox, n.token_key,
    coalesce(split_part(c.cluster, chr(31), 2), n.token_key) as name_group
from {work}.mailbox_name as n
left join {work}.contested_group as c on c.record = n.mailbox || chr(31) || n.token_key
"""

_COMPATIBLE = """
select a.mailbox || chr(31) || a.token_key as left_record,
    b.mailbox || chr(31) || b.token_key as right_record, 1.0 as weight, true as certain
from {work}.mailbox_name as a
join {work}.mailbox_name as b on b.mailbox = a.mailbox and b.token_key > a.token_key
where a.mailbox in (
    select mailbox from {work}.mailbox_name group by mailbox having count(*) <= {names}
) and {compatible}
order by all
"""

# Local parts that name a desk, learned: seen at several companies, hardly ever as a name's spelling.
_DESKS = """
create or replace table {work}.desk as
select words
from (
    select n.words, split_part(n.mailbox, '@', 2) as host, {fit} as fit
    from {work}.mailbox_name as n
)
where fit is not null and words != ''
group by words
having count(distinct host) >= 3 and count(*) filter (fit > 0) <= 0.3 * count(*)
"""

_OWNERS = """
create or replace table {work}.mailbox_owner as
with grouped as (
    select g.mailbox, g.name_group, sum(n.records) as records, max({fit}) as fit,
        bool_or(n.is_role) or any_value(n.words) in (select words from {work}.desk) as is_desk,
        any_value(n.is_work) as is_work
    from {work}.mailbox_group as g
    join {work}.mailbox_name as n using (mailbox, token_key)
    group by g.mailbox, g.name_group
),
shared as (
    select *, records / sum(records) over (partition by mailbox) as share from grouped
)
select mailbox, max_by(name_group, (fit, records, name_group)) as name_group
from shared
where not is_desk
    and (share >= {majority} or fit = 3)
    and (fit is null or fit > 0 or not is_work or records >= 3)
group by mailbox
"""

_MAILBOX_KEYS = """
create or replace table {work}.mailbox_key as
select m.record, m.mailbox, g.name_group
from {work}.person_mailbox as m
join {work}.person_record as r using (record)
join {work}.mailbox_group as g on g.mailbox = m.mailbox and g.token_key = r.token_key
union all
select m.record, m.mailbox, coalesce(o.name_group, '')
from {work}.person_mailbox as m
join {work}.person_record as r using (record)
left join {work}.mailbox_owner as o on o.mailbox = m.mailbox
where r.token_key is null and m.mailbox is not null and not m.is_placeholder
    and (
        o.mailbox is not null
        or not (m.is_role or m.words in (select words from {work}.desk) or m.words = '')
    )
"""


def group_mailboxes(session: Session, work: str) -> None:
    """Write `mailbox_key`: record, mailbox, name_group; those who share both are one person."""
    filled = {
        "work": work,
        "names": int(guard("names_per_value")),
        "majority": guard("majority"),
        "compatible": compatible("a", "b"),
        "fit": fit("n", "n"),
    }
    session.execute(_MAILBOX_NAMES.format(**filled))
    nodes = session.arrow(_CONTESTED.format(**filled))
    edges = session.arrow(_COMPATIBLE.format(**filled))
    found = cluster(nodes, edges, rules=Rules(large=10**9, dense=0.0)).members
    session.load(f"{work}.contested_group", found)
    session.execute(_GROUPS.format(**filled))
    for statement in (_DESKS, _OWNERS, _MAILBOX_KEYS):
        session.execute(statement.format(**filled))
