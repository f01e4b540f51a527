"""Compares what the rules left open: pairs of parties, by levels, accepted by measured precision.

The levels of a comparison make a pattern, and a pattern is followed only where its precision was
measured to be high enough. Evidence that comes together for one reason (a main line and its
company, a name and the mailbox spelled as it) is one level, not two.
"""

from __future__ import annotations

from identity.evidence import in_order
from identity.patterns import trust_patterns
from identity.rules import rules
from identity.steps import Steps

_NAMES = """
with scoped as (from {work}.candidate where true {scope}),
parties as (select left_party as party from scoped union select right_party from scoped),
said as (
    select party, list(reading order by reading) as said
    from {work}.party_reading join parties using (party) group by party
),
names as (
    select n.*, s.said
    from {work}.party_name as n join parties using (party) left join said as s using (party)
)
select c.pair, max(case
    when a.token_key = b.token_key and a.is_full then '9 same'
    when a.script = 'han' and b.script = 'han' then '1 other'
    when a.reading = b.reading then '8 reading'
    when a.script = b.script and a.is_full and b.is_full and (
        jaro_winkler_similarity(a.token_key, b.token_key) >= 0.93
        or damerau_levenshtein(a.token_key, b.token_key) <= 1) then '7 typo'
    when a.script != b.script and (
        list_has_any(a.readings, b.readings) or list_has_any(a.said, b.said)
        or list_contains(a.said, b.reading) or list_contains(b.said, a.reading)) then '8 reading'
    when not coalesce(list_has_any(a.families, b.families), false) then '1 other'
    when a.script = 'latin' and b.script = 'latin' and a.is_full and b.is_full then case
        when exists (
            from {work}.nickname as k
            where (list_contains(a.families, k.name) and list_contains(b.families, k.nickname))
                or (list_contains(b.families, k.name) and list_contains(a.families, k.nickname))
        ) then '6 nickname'
        when list_has_any({others_of_a}, {others_of_b}) then '5 initial'
        else '1 other' end
    when not (a.is_full and b.is_full) then '5 initial'
    when a.script != b.script and (a.reading is null or b.reading is null) then '4 family'
    else '1 other' end) as name
from scoped as c
join names as a on a.party = c.left_party
join names as b on b.party = c.right_party
group by c.pair
"""

_SUPPORT = """
with scoped as (from {work}.candidate where true {scope}),
sides as (
    select pair, left_party as one, right_party as other from scoped
    union all select pair, right_party, left_party from scoped
),
supported as (
    select s.pair, case
        when n.letters = m.letters then case n.level when 3 then '8 spelled'
            when 2 then '6 initial' else '3 part' end
        when n.level = 3 and length(n.letters) >= 7
            and abs(length(n.letters) - length(m.letters)) <= 1
            and ({m_in_order} = {n_in_order} or damerau_levenshtein(m.letters, n.letters) <= 1)
            then '7 nearly'
        end as support
    from sides as s
    join {work}.party_mail as m on m.party = s.one
    join {work}.party_spelling as n on n.party = s.other
    union all
    select pair, '5 mistyped' from {work}.mistyped where true {scope}
    union all
    select c.pair, '4 mailbox'
    from scoped as c
    join {work}.party_mail as a on a.party = c.left_party
    join {work}.party_mail as b on b.party = c.right_party and b.mailbox = a.mailbox
    union all
    select c.pair, case
        when n.parties = 2 or regexp_matches(n.number, '^\\+81[789]0') then '9 phone'
        else '2 line' end
    from scoped as c
    join {work}.party_phone as a on a.party = c.left_party
    join {work}.party_phone as b on b.party = c.right_party and b.number = a.number
    join {work}.number_parties as n on n.number = a.number
)
select pair, max(support) as support from supported where support is not null group by pair
"""

_ACCOUNTS = """
select c.pair, bool_or(a.account = b.account) as is_same
from {work}.candidate as c
join {work}.party_account as a on a.party = c.left_party
join {work}.party_account as b on b.party = c.right_party
where true {scope}
group by c.pair
"""

# The whole names that two parties share, in writing, reading, or a mailbox spelled as it.
_SHARED_NAMES = """
with scoped as (from {work}.candidate where true {scope}),
sides as (
    select pair, left_party as one, right_party as other from scoped
    union all select pair, right_party, left_party from scoped
)
select c.pair, a.one, a.other
from scoped as c
join {work}.party_part as a on a.party = c.left_party
join {work}.party_part as b on b.party = c.right_party and b.name = a.name
union
select s.pair, p.one, p.other
from sides as s
join {work}.party_mail as m on m.party = s.one
join {work}.party_part as p on p.party = s.other
where m.letters in (p.one || p.other, p.other || p.one)
"""

# How many parties would share a name by chance, if its parts were drawn one by one.
_COMPARED = """
create or replace table {work}.compared as
with counted as (
    select part, count(distinct party) as n
    from (
        select party, one as part from {work}.party_part
        union all select party, other from {work}.party_part
    ) group by part
),
named as (select distinct party from {work}.party_name),
expectation as (
    select s.pair, max(a.n * b.n) / (select count(*) from named) as expected
    from {work}.shared_name as s
    join counted as a on a.part = s.one join counted as b on b.part = s.other
    group by s.pair
)
select c.left_party, c.right_party, l.party is null as is_left_nameless,
    case when l.party is null and r.party is null then 'nameless'
        when l.party is null or r.party is null then 'one name'
        else substr(coalesce(n.name, '1 other'), 3) end as name,
    coalesce(substr(s.support, 3), 'nothing') as support,
    case when a.is_same then 'same account' when a.is_same is null then 'one account'
        else 'other account' end as account,
    case when a.is_same then '' when e.expected < 0.003 then 'unique'
        when e.expected < 0.02 then 'rare' when e.expected < 0.1 then 'some'
        else 'common' end as rarity
from {work}.candidate as c
left join named as l on l.party = c.left_party
left join named as r on r.party = c.right_party
left join {work}.level_name as n using (pair)
left join {work}.level_support as s using (pair)
left join {work}.level_account as a using (pair)
left join expectation as e using (pair)
"""

# What a nameless party is spelled like may be several people: then nobody knows.
_SCORED = """
with judged as (
    select c.*, p.precision,
        case when c.name != 'one name' then null
            when c.is_left_nameless then c.left_party else c.right_party end as nameless
    from {work}.compared as c
    join {work}.pattern as p using (account, name, support, rarity)
    where p.precision >= {review_from}
),
rivals as (
    select *, nameless is not null and count(*) filter (precision >= {accept_from})
        over (partition by nameless) > 1 as has_rivals
    from judged
)
select left_party as left_record, right_party as right_record,
    ln(precision / (1 - least(precision, 0.9999))) / ln(2) as weight, precision,
    to_json({{'account': account, 'name': name, 'support': support, 'rarity': rarity,
        'precision': round(precision, 3)}})::varchar as inputs,
    precision >= {accept_from} and not has_rivals as is_accepted,
    case when has_rivals and precision >= {accept_from} then 'several candidates'
        when precision < {accept_from} then 'pattern not precise enough' end as reason
from rivals
"""


def _initials_of_others(one: str, other: str) -> str:
    """SQL: first letters of the words of one name that the other has not."""
    words = f"list_filter({one}.families, x -> not list_contains({other}.families, x))"
    return f"list_transform({words}, x -> x[1])"


def compare_parties(steps: Steps) -> None:
    """Write `compared`: left_party, right_party, and the levels name, support, account, rarity."""
    filled = {
        "others_of_a": _initials_of_others("a", "b"),
        "others_of_b": _initials_of_others("b", "a"),
        "m_in_order": in_order("m.letters"),
        "n_in_order": in_order("n.letters"),
    }
    steps.touch("levelled", "from {work}.touched_pair")
    for side in ("left_party", "right_party"):
        steps.touch(
            "levelled",
            f"select pair from {{work}}.candidate "
            f"where {side} in (from {{work}}.touched_levelled_party)",
        )
    for table, query in (
        ("level_name", _NAMES),
        ("level_support", _SUPPORT),
        ("level_account", _ACCOUNTS),
        ("shared_name", _SHARED_NAMES),
    ):
        steps.derive(table, query, "pair", "levelled", values=filled)
    steps.execute(_COMPARED)


def score_parties(steps: Steps) -> None:
    """Write `person_scored`: the pairs worth linking or reviewing, from `compared`.

    Touches `concluded_party`.
    """
    trust_patterns(steps)
    steps.replace(
        "person_scored",
        _SCORED,
        changed={"concluded_party": "unnest([left_record, right_record])"},
        values=rules()["scored"],
    )
