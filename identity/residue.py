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
nicknames as (
    select name as given_reading, list(nickname) as also from {work}.nickname group by name
),
-- What an abbreviated name may stand for is no question where the party also has a whole one.
names as (
    select n.*, s.said, k.also
    from (
        from {work}.party_name
        qualify is_full or not bool_or(is_full) over (partition by party)
    ) as n
    join parties using (party)
    left join said as s using (party)
    left join nicknames as k using (given_reading)
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
    when not {share_family} then '1 other'
    when a.script = 'latin' and b.script = 'latin' and a.is_full and b.is_full then case
        when list_contains(a.also, b.given_reading) or list_contains(b.also, a.given_reading)
            then '6 nickname'
        when list_has_any({others_of_a}, {others_of_b}) then '3 alike'
        else '1 other' end
    when a.script != b.script and (a.reading is null or b.reading is null)
        and a.is_full and b.is_full then '4 family'
    when a.is_full and b.is_full then '1 other'
    when a.given_reading is null or b.given_reading is null then '4 family'
    when a.given_reading[1] = b.given_reading[1] then '5 initial'
    else '1 other' end) as name,
    max({word_of_a}) as typed, max({word_of_b}) as meant
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
select c.pair, a.kind, a.one, a.other
from scoped as c
join {work}.party_part as a on a.party = c.left_party
join {work}.party_part as b on b.party = c.right_party and b.name = a.name
union
select s.pair, p.kind, p.one, p.other
from sides as s
join {work}.party_mail as m on m.party = s.one
join {work}.party_part as p on p.party = s.other
where m.letters in (p.one || p.other, p.other || p.one)
"""

# What a pair says, as far as it depends on its two parties alone.
_LEVELS = """
with scoped as (from {work}.candidate where true {scope}),
named as (
    select party, bool_or(is_full) as is_full from {work}.party_name
    where party in (select left_party from scoped union select right_party from scoped)
    group by party
)
select c.pair, c.left_party, c.right_party,
    case when l.is_full is not true then c.left_party
        when r.is_full is not true then c.right_party end as vague_party,
    case when l.party is null and r.party is null then 'nameless'
        when l.party is null or r.party is null then 'one name'
        else coalesce(substr(n.name, 3), 'other') end as name,
    case when n.name = '7 typo' then n.typed end as typed,
    case when n.name = '7 typo' then n.meant end as meant,
    coalesce(substr(s.support, 3), 'nothing') as support,
    case when a.is_same then 'same account' when a.is_same is null then 'one account'
        else 'other account' end as account
from scoped as c
left join named as l on l.party = c.left_party
left join named as r on r.party = c.right_party
left join level_name as n on n.pair = c.pair
left join level_support as s on s.pair = c.pair
left join level_account as a on a.pair = c.pair
"""

_PART_COUNTS = """
select kind, part, count(distinct party) as n
from (
    select kind, party, one as part from {work}.party_part
    union all select kind, party, other from {work}.party_part
)
where true {scope}
group by kind, part
"""

# How many parties would share a name by chance, if its parts were drawn one by one. And a name that
# differs by a letter is no typing error where both are names that many have. Every party moves
# these counts a little, so they are put to all pairs in every run.
_COMPARED = """
with kinds as (select kind, count(distinct party) as n from {work}.party_part group by kind),
expectation as (
    select s.pair, max(a.n * b.n / k.n) as expected
    from {work}.shared_name as s
    join kinds as k using (kind)
    join {work}.part_count as a on a.kind = s.kind and a.part = s.one
    join {work}.part_count as b on b.kind = s.kind and b.part = s.other
    group by s.pair
),
known as (
    select part, max(n) as n from {work}.part_count where kind like 'reading%' group by part
),
typed as (
    select v.pair, case
        when least(coalesce(t.n, 0), coalesce(m.n, 0)) <= 2
            or greatest(t.n, m.n) >= {typing_ratio} * least(t.n, m.n) then 'typo'
        else 'alike' end as name
    from {work}.level as v
    left join known as t on t.part = v.typed
    left join known as m on m.part = v.meant
    where v.name = 'typo'
)
select v.left_party, v.right_party, v.vague_party, coalesce(t.name, v.name) as name, v.support,
    v.account,
    case when v.account = 'same account' then '' when e.expected < 0.003 then 'unique'
        when e.expected < 0.02 then 'rare' when e.expected < 0.1 then 'some'
        else 'common' end as rarity
from {work}.level as v
left join typed as t using (pair)
left join expectation as e using (pair)
"""

# Whoever is known by an initial or a mailbox alone may be several people: then nobody knows. And
# a name that chance gives twice is no proof, nor are two whole names that begin alike, whatever was
# measured where fewer people were.
_SCORED = """
with judged as (
    select c.*, p.precision, p.precision >= {accept_from}
            and c.rarity not in ('some', 'common') and c.name != 'alike' as is_precise
    from {work}.compared as c
    join {work}.pattern as p using (account, name, support, rarity)
    where p.precision >= {review_from}
),
contested as (
    select vague_party from judged
    where is_precise and vague_party is not null
    group by vague_party having count(*) > 1
),
rivals as (
    select *, coalesce(vague_party in (from contested), false) as has_rivals from judged
)
select left_party as left_record, right_party as right_record,
    ln(precision / (1 - least(precision, 0.9999))) / ln(2) as weight, precision,
    to_json({{'account': account, 'name': name, 'support': support, 'rarity': rarity,
        'precision': round(precision, 3)}})::varchar as inputs,
    is_precise and not has_rivals as is_accepted,
    case when not is_precise then 'pattern not precise enough'
        when has_rivals then 'several candidates' end as reason
from rivals
"""


def _initials_of_others(one: str, other: str) -> str:
    """SQL: first letters of the words of one name that the other has not."""
    words = f"list_filter({one}.families, x -> not list_contains({other}.families, x))"
    return f"list_transform({words}, x -> x[1])"


# Words in letters may stand in any order, but a given name that two people share is no family's.
_SHARE_FAMILY = """len(list_filter(
    coalesce(a.families, []),
    x -> list_contains(b.families, x) and not (
        coalesce(a.given_reading = x, false) and coalesce(b.given_reading = x, false)
    )
)) > 0"""


def _word_of(one: str, other: str) -> str:
    """SQL: the first word of a reading that the other reading has not, null for the same words."""
    words = f"string_split({one}.reading, ' ')"
    return f"list_filter({words}, x -> not list_contains(string_split({other}.reading, ' '), x))[1]"


def compare_parties(steps: Steps) -> None:
    """Write `compared`: left_party, right_party, and the levels name, support, account, rarity."""
    filled = {
        "share_family": _SHARE_FAMILY,
        "word_of_a": _word_of("a", "b"),
        "word_of_b": _word_of("b", "a"),
        "others_of_a": _initials_of_others("a", "b"),
        "others_of_b": _initials_of_others("b", "a"),
        "m_in_order": in_order("m.letters"),
        "n_in_order": in_order("n.letters"),
    }
    for party in ("named_party", "supported_party", "placed_party"):
        steps.touch("levelled_party", f"from touched_{party}")
    _touch_pairs(steps, "levelled_party")
    _touch_pairs(steps, "shown_party")
    levels = {"level_name": _NAMES, "level_support": _SUPPORT, "level_account": _ACCOUNTS}
    scope = steps.scope("pair", "pair_of_levelled_party")
    for table, query in levels.items():
        steps.execute(f"create or replace temp table {table} as {query}", scope=scope, **filled)
    steps.derive("level", _LEVELS, "pair", "pair_of_levelled_party")
    for table in levels:
        steps.execute(f"drop table {table}")
    steps.derive("shared_name", _SHARED_NAMES, "pair", "pair_of_shown_party")
    steps.derive("part_count", _PART_COUNTS, "part", "part")
    steps.make("compared", _COMPARED, typing_ratio=rules()["guards"]["typing_ratio"])


def _touch_pairs(steps: Steps, party: str) -> None:
    """Touch `pair_of_{party}`: the pairs that came or went, or are of a touched party."""
    steps.touch(f"pair_of_{party}", "from touched_pair")
    for side in ("left_party", "right_party"):
        steps.touch(
            f"pair_of_{party}",
            f"select pair from {{work}}.candidate where {side} in (from touched_{party})",
        )


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
