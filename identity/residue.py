"""Compares what the rules left open: pairs of parties, by levels, accepted by measured precision.

The levels of a comparison make a pattern, and a pattern is followed only where its precision was
measured to be high enough. Evidence that comes together for one reason (a main line and its
company, a name and the mailbox spelled as it) is one level, not two.
"""

from __future__ import annotations

from identity.evidence import in_order
from identity.patterns import trust_patterns
from identity.rules import rules
from warehouse.connection import Session

_NAMES = """
create or replace table {work}.level_name as
with said as (select party, list(reading order by reading) as said from {work}.party_reading
    group by party),
names as (select n.*, s.said from {work}.party_name as n left join said as s using (party))
select c.left_party, c.right_party, max(case
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
        when list_has_any(
            {others_of_a},
            {others_of_b}
        ) then '5 initial'
        else '1 other' end
    when not (a.is_full and b.is_full) then '5 initial'
    when a.script != b.script and (a.reading is null or b.reading is null) then '4 family'
    else '1 other' end) as name
from {work}.candidate as c
join names as a on a.party = c.left_party
join names as b on b.party = c.right_party
group by all
"""

_SUPPORT = """
create or replace table {work}.level_support as
with sides as (
    select left_party, right_party, left_party as one, right_party as other from {work}.candidate
    union all select left_party, right_party, right_party, left_party from {work}.candidate
),
supported as (
    select s.left_party, s.right_party, case
        when n.letters = m.letters then case n.level when 3 then '8 spelled'
            when 2 then '6 initial' else '3 part' end
        when n.level = 3 and length(n.letters) >= 7 and ({m_in_order} = {n_in_order}
            or damerau_levenshtein(m.letters, n.letters) <= 1) then '7 nearly'
        end as support
    from sides as s
    join {work}.party_mail as m on m.party = s.one
    join {work}.party_spelling as n on n.party = s.other
    union all
    select c.left_party, c.right_party, '5 mistyped'
    from {work}.candidate as c
    join {work}.mistyped as m
        on m.left_party in (c.left_party, c.right_party)
        and m.right_party in (c.left_party, c.right_party)
    union all
    select c.left_party, c.right_party, '4 mailbox'
    from {work}.candidate as c
    join {work}.party_mail as a on a.party = c.left_party
    join {work}.party_mail as b on b.party = c.right_party and b.mailbox = a.mailbox
    union all
    select c.left_party, c.right_party,
        case when a.parties = 2 or regexp_matches(a.number, '^\\+81[789]0') then '9 phone'
            else '2 line' end
    from {work}.candidate as c
    join {work}.party_phone as a on a.party = c.left_party
    join {work}.party_phone as b on b.party = c.right_party and b.number = a.number
)
select left_party, right_party, max(support) as support
from supported where support is not null
group by all
"""

_PATTERNS = """
create or replace table {work}.compared as
with named as (select distinct party from {work}.party_name),
accounts as (
    select c.left_party, c.right_party, bool_or(a.account = b.account) as same
    from {work}.candidate as c
    join {work}.party_account as a on a.party = c.left_party
    join {work}.party_account as b on b.party = c.right_party
    group by all
),
expectation as (
    select c.left_party, c.right_party, max(k.expected) as expected
    from {work}.candidate as c
    join {work}.party_rarity as k on k.party = c.left_party
    join {work}.party_rarity as l on l.party = c.right_party and l.name = k.name
    group by all
)
select c.left_party, c.right_party,
    case when l.party is null and r.party is null then 'nameless'
        when l.party is null or r.party is null then 'one name'
        else substr(coalesce(n.name, '1 other'), 3) end as name,
    coalesce(substr(s.support, 3), 'nothing') as support,
    case when a.same then 'same account' when a.same is null then 'one account'
        else 'other account' end as account,
    case when a.same then '' when e.expected < 0.003 then 'unique'
        when e.expected < 0.02 then 'rare' when e.expected < 0.1 then 'some'
        else 'common' end as rarity
from {work}.candidate as c
left join named as l on l.party = c.left_party
left join named as r on r.party = c.right_party
left join {work}.level_name as n using (left_party, right_party)
left join {work}.level_support as s using (left_party, right_party)
left join accounts as a using (left_party, right_party)
left join expectation as e using (left_party, right_party)
"""


# What a nameless party is spelled like may be several people: then nobody knows.
_SCORED = """
create or replace table {work}.person_scored as
with judged as (
    select c.*, p.precision,
        case when c.name != 'one name' then null
            when l.party is null then c.left_party else c.right_party end as nameless
    from {work}.compared as c
    join {work}.pattern as p using (account, name, support, rarity)
    left join (select distinct party from {work}.party_name) as l on l.party = c.left_party
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


def score_parties(session: Session, work: str) -> None:
    """Write `person_scored`: the pairs worth linking or reviewing, from `compared`."""
    trust_patterns(session, work)
    bounds = rules()["scored"]
    session.execute(
        _SCORED.format(
            work=work, accept_from=bounds["accept_from"], review_from=bounds["review_from"]
        )
    )


def _initials_of_others(one: str, other: str) -> str:
    """SQL: first letters of the words of one name that the other has not."""
    words = f"list_filter({one}.families, x -> not list_contains({other}.families, x))"
    return f"list_transform({words}, x -> x[1])"


def compare_parties(session: Session, work: str) -> None:
    """Write `compared`: left_party, right_party, and the levels name, support, account, rarity."""
    filled = {
        "work": work,
        "others_of_a": _initials_of_others("a", "b"),
        "others_of_b": _initials_of_others("b", "a"),
        "m_in_order": in_order("m.letters"),
        "n_in_order": in_order("n.letters"),
    }
    for statement in (_NAMES, _SUPPORT, _PATTERNS):
        session.execute(statement.format(**filled))
