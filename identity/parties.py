"""Describes parties, the records that the rules hold together, and proposes pairs of them.

Two parties are proposed where they share an account and a part of a name, a phone, a whole name or
reading, a mailbox spelled as the other's name, or nearly the same mailbox of one host. A value
that more parties share than a cap is too common to propose anybody.
"""

from __future__ import annotations

from identity.rules import guard
from identity.steps import Steps

_PARTY = """
create or replace view {work}.party as
select record, cluster as party from {work}.person_joined
"""

_NAMES = """
select p.party, r.token_key, min(r.script) as script, max(r.families) as families,
    max(r.spelled) as spelled, max(r.said) as reading,
    coalesce([max(r.said)], max(r.readings)) as readings,
    bool_or(r.is_full) as is_full, min(r.family) as family, min(r.given) as given,
    min(r.family_reading) as family_reading, min(r.given_reading) as given_reading
from {scoped} as p
join {work}.person_record as r using (record)
where r.token_key is not null
group by p.party, r.token_key
"""

_MAILS = """
select distinct p.party, m.mailbox, m.host, m.host_kind, m.local, m.digits, m.tokens, m.letters
from {scoped} as p
join {work}.person_mailbox as m using (record)
where m.mailbox is not null and not m.is_placeholder and not m.is_role
    and m.words not in (select words from {work}.desk)
"""

_ACCOUNTS = """
select distinct p.party, a.account
from {scoped} as p join {work}.record_account as a using (record)
"""

_PHONES = """
select distinct p.party, n.number
from {scoped} as p join {work}.person_phone as n using (record)
"""

# The numbers of two parties, or of more: how many more says nothing.
_NUMBERS = """
select number, least(count(*), 3) as parties
from {work}.party_phone where true {scope} group by number having count(*) > 1
"""

# Readings: said, or what is left of a mailbox without the family's part; words in order.
_READINGS = """
with left_over as (
    select n.party, n.family,
        case when starts_with(m.letters, n.family) then substr(m.letters, length(n.family) + 1)
            when ends_with(m.letters, n.family)
            then substr(m.letters, 1, length(m.letters) - length(n.family)) end as given
    from (
        select party, unnest(families) as family
        from {work}.party_name where script = 'han' and reading is null {scope}
    ) as n
    join {work}.party_mail as m using (party)
    where length(n.family) > 1
)
select distinct party, reading, split_part(reading, ' ', 1) as one,
    split_part(reading, ' ', 2) as other
from (
    select party, reading from {work}.party_name where reading is not null {scope}
    union
    select party, least(family, given) || ' ' || greatest(family, given)
    from left_over where length(given) > 1
)
where other != ''
"""

# How mailboxes of the party would be spelled: 3 by both parts, 2 by one and an initial, 1 by one.
_SPELLINGS = """
with pairs as (
    select party, one, other from {work}.party_reading where true {scope}
    union
    select party, other, one from {work}.party_reading where true {scope}
),
spelled as (
    select party, one || other as letters, 3 as level from pairs
    union
    select party, spelled, 3
    from {work}.party_name where is_full and script != 'han' {scope}
    union
    select party, one || other[1], 2 from pairs where length(one) >= 3
    union
    select party, other[1] || one, 2 from pairs where length(one) >= 3
    union
    select party, unnest(families), 1 from {work}.party_name where true {scope}
)
select party, letters, max(level) as level
from spelled where length(letters) >= 3
group by party, letters
"""

# Whole names and the two parts they are made of. Names are compared within their kind: those who
# are written in kana share that, and draw their parts from others of the kind alone.
_PARTS = """
select party, name, one, other, kind || case
    when regexp_full_match(one || other, '([bcdfghjkmnprstwyz]{{0,3}}[aiueo]|n)+') then ' syllables'
    else '' end as kind
from (
    select party, token_key as name, family as one, given as other, script as kind
    from {work}.party_name
    where is_full and given is not null and family is not null {scope}
    union
    select party, reading, one, other, 'reading' from {work}.party_reading where true {scope}
)
"""

_BLOCKS = """
with tokens as (
    select party, unnest(families) as token from {work}.party_name where true {scope}
    union
    select party, unnest([one, other]) from {work}.party_reading where true {scope}
    union
    select party, token from (
        select party, unnest(string_split(tokens, ' ')) as token
        from {work}.party_mail where true {scope}
    ) where length(token) >= 3
    union
    select party, letters from {work}.party_mail where length(letters) >= 3 {scope}
    union
    select party, letters from {work}.party_spelling where level = 2 {scope}
)
select party, 'account:' || a.account || '|' || t.token as block
from {work}.party_account as a join tokens as t using (party)
where true {scope}
union
select party, 'phone:' || number from {work}.party_phone where true {scope}
union
select party, 'mailbox:' || mailbox from {work}.party_mail where true {scope}
union
select party, 'name:' || reading from {work}.party_reading where true {scope}
union
select party, 'name:' || token_key from {work}.party_name where is_full {scope}
union
select party, 'letters:' || letters from {work}.party_spelling where level = 3 {scope}
union
select party, 'letters:' || letters from {work}.party_mail where length(letters) >= 6 {scope}
"""

_PAIRS = """
with kept as (
    select block, party from {work}.block where true {scope}
    qualify count(*) over (partition by block)
        between 2
        and case when starts_with(block, 'account:') then {account_cap} else {value_cap} end
)
select block, a.party || chr(31) || b.party as pair, a.party as left_party, b.party as right_party
from kept as a join kept as b using (block)
where b.party > a.party
"""

# A mailbox typed wrong beside the one that is spelled as its owner's name. One letter more at an
# end is no typing error but an initial.
_MISTYPED = """
with kept as (
    select party, mailbox, host, local, digits, letters
    from {work}.party_mail where host_kind is null and length(letters) >= 5 {scope}
    qualify count(*) over (partition by host) <= {mailbox_cap}
),
owned as (
    select m.* from kept as m
    join {work}.party_spelling as s on s.party = m.party and s.letters = m.letters
),
-- One slip leaves the first two characters as they are, or the last two.
near as (
    select a.host, a.party as one, b.party as other, a.local as meant, b.local as typed,
        a.letters as meant_letters, b.letters as typed_letters
    from owned as a
    join kept as b on b.host = a.host and b.digits = a.digits and b.local[:2] = a.local[:2]
    union
    select a.host, a.party, b.party, a.local, b.local, a.letters, b.letters
    from owned as a
    join kept as b on b.host = a.host and b.digits = a.digits and b.local[-2:] = a.local[-2:]
)
select distinct host, least(one, other) || chr(31) || greatest(one, other) as pair,
    least(one, other) as left_party, greatest(one, other) as right_party
from near
where one != other
    and abs(length(meant) - length(typed)) <= 1
    and meant_letters != typed_letters
    and damerau_levenshtein(meant, typed) = 1
    and not (starts_with(meant_letters, typed_letters) or starts_with(typed_letters, meant_letters)
        or ends_with(meant_letters, typed_letters) or ends_with(typed_letters, meant_letters))
"""

_CANDIDATES = """
select distinct pair, left_party, right_party from (
    select pair, left_party, right_party from {work}.block_pair where true {scope}
    union all
    select pair, left_party, right_party from {work}.mistyped where true {scope}
)
"""


def describe_parties(steps: Steps) -> None:
    """Write the `party_*` tables and `candidate`: pair, left_party, right_party.

    Touches `pair`, those that came or went, and the parties of which other things are known:
    `named_party`, `supported_party`, `placed_party`, and `shown_party` whose parts of a name are.
    """
    steps.execute(_PARTY)
    _touch_parties(steps)
    # In a condition behind the join it would be joined whole.
    scoped = f"(from {steps.work}.party where true {steps.scope('party', 'party')})"
    named, supported = {"named_party": "party"}, {"supported_party": "party"}
    placed, shown = {"placed_party": "party"}, {"shown_party": "party"}
    for table, query, changed in (
        ("party_name", _NAMES, named),
        ("party_mail", _MAILS, supported | shown | {"host": "host"}),
        ("party_account", _ACCOUNTS, placed),
        ("party_phone", _PHONES, supported | {"counted": "number"}),
        ("party_reading", _READINGS, named),
        ("party_spelling", _SPELLINGS, supported | {"spelled_party": "party"}),
        ("party_part", _PARTS, shown | {"part": "unnest([one, other])"}),
        ("block", _BLOCKS, {"block": "block"}),
    ):
        steps.derive(table, query, "party", "party", changed=changed, values={"scoped": scoped})
    steps.derive("number_parties", _NUMBERS, "number", "counted", changed={"shared": "number"})
    steps.touch(
        "supported_party",
        "select party from {work}.party_phone where number in (from touched_shared)",
    )
    _propose(steps)


def _touch_parties(steps: Steps) -> None:
    for touched in ("changed_person", "moved_person"):
        steps.touch(
            "party",
            f"select party from {{work}}.party where record in (from touched_{touched})",
        )
    steps.touch(
        "party",
        """
        select party from {work}.party where record in (
            select record from {work}.person_mailbox where words in (from touched_desk)
        )
        """,
    )


def _propose(steps: Steps) -> None:
    caps: dict[str, object] = {
        "account_cap": int(guard("parties_per_account_and_name")),
        "value_cap": int(guard("parties_per_value")),
        "mailbox_cap": int(guard("mailboxes_per_host")),
    }
    came_or_went = {"pair": "pair"}
    steps.derive("block_pair", _PAIRS, "block", "block", changed=came_or_went, values=caps)
    # Whether a mailbox is its owner's depends on the name, so names touch hosts as well.
    steps.touch(
        "host",
        "select host from {work}.party_mail where party in (from touched_spelled_party)",
    )
    steps.derive("mistyped", _MISTYPED, "host", "host", changed=came_or_went, values=caps)
    steps.derive("candidate", _CANDIDATES, "pair", "pair")
