"""Tells from the data what a value is worth: whose mailbox it is, or nobody's.

A mailbox that people of incompatible names use is split among the names. Records without a name
follow the owner of their mailbox where there is one: the name that most of its records carry,
unless the mailbox is spelled as somebody else or as a desk.
"""

from __future__ import annotations

import pyarrow as pa
from nicknames import NickNamer

from identity.clustering import Rules, cluster
from identity.normalise import letters
from identity.rules import guard
from identity.steps import Steps
from warehouse.connection import Session


def near_families(a: str, b: str) -> str:
    """SQL: whether two names may have the same family name, typed right or nearly so."""
    near = f"list_filter({b}.families, y -> jaro_winkler_similarity(x, y) >= 0.88)"
    return f"len(list_filter({a}.families, x -> len({near}) > 0)) > 0"


def same_given(a: str, b: str) -> str:
    """SQL: whether two given names of one script may be one person's: initial, nickname, typo."""
    one, other = f"{a}.given_reading", f"{b}.given_reading"
    return f"""(
        {one} is null or {other} is null
        or (least(length({one}), length({other})) = 1 and {one}[1] = {other}[1])
        or starts_with({one}, {other}) or starts_with({other}, {one})
        or jaro_winkler_similarity({one}, {other}) >= 0.8
        or exists (
            from {{work}}.nickname as k
            where (k.name = {one} and k.nickname = {other})
                or (k.name = {other} and k.nickname = {one})
        )
    )"""


def compatible(a: str, b: str) -> str:
    """SQL: whether two rows with name keys, in the same place, may be one person's names."""
    return f"""(
        {a}.token_key = {b}.token_key
        or {a}.said = {b}.said
        or ({a}.script != {b}.script and (
            {a}.families is null or {b}.families is null
            or ({near_families(a, b)}
                and ({a}.said is null or {b}.said is null))
            or jaro_winkler_similarity({a}.said, {b}.said) >= 0.9
            or list_has_any({a}.readings, {b}.readings)
        ))
        or ({a}.script = {b}.script and {a}.script != 'han' and (
            jaro_winkler_similarity({a}.token_key, {b}.token_key) >= 0.9
            or ({near_families(a, b)} and {same_given(a, b)})
        ))
        or (not ({a}.is_full and {b}.is_full) and {near_families(a, b)})
    )"""


def in_order(word: str) -> str:
    """SQL: the letters of a word sorted, equal whatever is written first or exchanged."""
    return f"array_to_string(list_sort(string_split({word}, '')), '')"


def fit(mail: str, name: str) -> str:
    """SQL: how well a mailbox spells a name; null where no reading of the name is known.

    3 both parts, 2 one part, 0 neither. `mail` has the column letters; `name` has families,
    given_reading, and spelled, the folded letters of all that is known of its reading.
    """
    mailed, spelled = f"{mail}.letters", f"{name}.spelled"
    given = f"{name}.given_reading"
    family = f"len(list_filter({name}.families, x -> contains({mailed}, x))) > 0"
    has_given = f"coalesce(length({given}) >= 2 and contains({mailed}, {given}), false)"
    return f"""case
        when {name}.families is null then null
        when {family} and {has_given} then 3
        when length({spelled}) >= 6 and {in_order(mailed)} = {in_order(spelled)} then 3
        when length({spelled}) >= 8 and damerau_levenshtein({mailed}, {spelled}) <= 1 then 3
        when {family} or {has_given} then 2
        when len(list_filter({name}.families,
            x -> jaro_winkler_similarity({mailed}, x) >= 0.88)) > 0 then 2
        else 0
    end"""


_MAILBOX_NAMES = """
select n.*, {fit} as fit from (
select m.mailbox, r.token_key,
    min(r.script) as script,
    max(r.families) as families,
    max(r.given_reading) as given_reading,
    max(r.said) as said,
    max(r.spelled) as spelled,
    coalesce([max(r.said)], max(r.readings)) as readings,
    bool_or(r.is_full) as is_full,
    count(*) as records,
    any_value(m.local) as local,
    any_value(m.words) as words,
    any_value(m.letters) as letters,
    bool_or(m.is_role) as is_role,
    bool_or(m.host_kind is null) as is_work
from {work}.person_mailbox as m
join {work}.person_record as r using (record)
where r.token_key is not null and m.mailbox is not null and not m.is_placeholder {scope}
group by m.mailbox, r.token_key
) as n
"""

_CONTESTED = """
select mailbox || chr(31) || token_key as record
from {work}.mailbox_name
where mailbox in (
    select mailbox from {work}.mailbox_name where true {scope} group by mailbox having count(*) > 1
)
order by 1
"""

_COMPATIBLE = """
select a.mailbox || chr(31) || a.token_key as left_record,
    b.mailbox || chr(31) || b.token_key as right_record, 1.0 as weight, true as certain
from {work}.mailbox_name as a
join {work}.mailbox_name as b on b.mailbox = a.mailbox and b.token_key > a.token_key
where a.mailbox in (
    select mailbox from {work}.mailbox_name where true {scope}
    group by mailbox having count(*) between 2 and {names}
) and ({compatible} or (a.fit >= 2 and b.fit >= 2 and (
    a.script != b.script or (a.script = 'latin' and a.fit = 3 and b.fit = 3)
)))
order by all
"""

_GROUPS = """
select n.mailbox, n.token_key,
    coalesce(split_part(c.cluster, chr(31), 2), n.token_key) as name_group
from {work}.mailbox_name as n
left join contested_group as c on c.record = n.mailbox || chr(31) || n.token_key
where true {scope}
"""

# Local parts that name a desk, learned: at several companies, hardly ever as a name's spelling.
_DESKS = """
select words
from (
    select words, split_part(mailbox, '@', 2) as host, fit from {work}.mailbox_name
)
where fit is not null and words != '' {scope}
group by words
having count(distinct host) >= 3 and count(*) filter (fit > 0) <= 0.3 * count(*)
"""

_OWNERS = """
with grouped as (
    select g.mailbox, g.name_group, sum(n.records) as records, max(n.fit) as fit,
        bool_or(n.is_role or n.words in (select words from {work}.desk)) as is_desk,
        bool_or(n.is_work) as is_work
    from {work}.mailbox_group as g
    join {work}.mailbox_name as n using (mailbox, token_key)
    where true {scope}
    group by g.mailbox, g.name_group
),
shared as (
    select *, records / sum(records) over (partition by mailbox) as share from grouped
)
select mailbox, max_by(name_group, (coalesce(fit, 1), records, name_group)) as name_group
from shared
where not is_desk
    and (share >= {majority} or fit = 3)
    and (fit is null or fit > 0 or not is_work or records >= 3)
group by mailbox
"""

_MAILBOX_KEYS = """
select m.record, m.mailbox, g.name_group
from {work}.person_mailbox as m
join {work}.person_record as r using (record)
join {work}.mailbox_group as g on g.mailbox = m.mailbox and g.token_key = r.token_key
where true {scope}
union all
select m.record, m.mailbox, coalesce(o.name_group, '')
from {work}.person_mailbox as m
join {work}.person_record as r using (record)
left join {work}.mailbox_owner as o on o.mailbox = m.mailbox
where r.token_key is null and m.mailbox is not null and not m.is_placeholder {scope}
    and (
        o.mailbox is not null
        or not (m.is_role or m.words in (select words from {work}.desk) or m.words = '')
    )
"""


def load_nicknames(session: Session, work: str) -> None:
    """Write `nickname`: name, nickname, both as `letters` spells them."""
    names = NickNamer.default_lookup()
    pairs = sorted((name, nick) for name, nicks in names.items() for nick in nicks)
    sides = [letters(pa.array(side, pa.string())) for side in zip(*pairs, strict=True)]
    session.load(f"{work}.nickname", pa.table(sides, names=["name", "nickname"]))


def group_mailboxes(steps: Steps) -> None:
    """Write `mailbox_key`: record, mailbox, name_group; those who share both are one person.

    Touches `keyed`, the records whose row changed, and `desk`, words that became or were a desk.
    """
    filled = {
        "names": int(guard("names_per_value")),
        "majority": guard("majority"),
        "compatible": compatible("a", "b").format(work=steps.work),
        "fit": fit("n", "n"),
    }
    steps.derive(
        "mailbox_name",
        _MAILBOX_NAMES,
        "mailbox",
        "mailbox",
        column="m.mailbox",
        changed={"words": "words"},
        values=filled,
    )
    scope = steps.scope("mailbox", "mailbox")
    nodes = steps.arrow(_CONTESTED, scope=scope)
    edges = steps.arrow(_COMPATIBLE, scope=scope, **filled)
    found = cluster(nodes, edges, rules=Rules(large=10**9, dense=0.0)).members
    steps.session.load("contested_group", found, temporary=True)
    steps.derive("mailbox_group", _GROUPS, "mailbox", "mailbox", column="n.mailbox")
    steps.execute("drop table contested_group")
    steps.derive("desk", _DESKS, "words", "words", changed={"desk": "words"})
    steps.touch("owned", "from touched_mailbox")
    steps.touch(
        "owned",
        "select mailbox from {work}.person_mailbox where words in (from touched_desk)",
    )
    steps.derive("mailbox_owner", _OWNERS, "mailbox", "owned", column="g.mailbox", values=filled)
    steps.derive(
        "mailbox_key",
        _MAILBOX_KEYS,
        "mailbox",
        "owned",
        column="m.mailbox",
        changed={"keyed": "record"},
    )
