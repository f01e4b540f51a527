"""Describes parties, the records that the rules hold together, and proposes pairs of them.

Two parties are proposed where they share an account and a part of a name, a phone, a whole name or
reading, a mailbox spelled as the other's name, or nearly the same mailbox of one host. A value
that more parties share than a cap is too common to propose anybody.
"""

from __future__ import annotations

from identity.rules import guard
from warehouse.connection import Session

_PARTY = """
create or replace table {work}.party as
select record, cluster as party from {work}.person_clustered
"""

_NAMES = """
create or replace table {work}.party_name as
select p.party, r.token_key, min(r.script) as script, max(r.families) as families,
    max(r.spelled) as spelled, max(r.said) as reading,
    coalesce([max(r.said)], max(r.readings)) as readings,
    bool_or(r.is_full) as is_full, min(r.family) as family, min(r.given) as given
from {work}.party as p
join {work}.person_record as r using (record)
where r.token_key is not null
group by p.party, r.token_key
"""

_MAILS = """
create or replace table {work}.party_mail as
select distinct p.party, m.mailbox, m.host, m.host_kind, m.local, m.digits, m.tokens,
    m.letters
from {work}.party as p
join {work}.person_mailbox as m using (record)
where m.mailbox is not null and not m.is_placeholder and not m.is_role
    and m.words not in (select words from {work}.desk)
"""

_ACCOUNTS_AND_PHONES = """
create or replace table {work}.party_account as
select distinct p.party, a.account
from {work}.party as p join {work}.record_account as a using (record);

create or replace table {work}.party_phone as
select party, number, count(*) over (partition by number) as parties
from (
    select distinct p.party, n.number
    from {work}.party as p join {work}.person_phone as n using (record)
)
"""

# Readings: said, or what is left of a mailbox without the family's part; words in order.
_READINGS = """
create or replace table {work}.party_reading as
with left_over as (
    select n.party, n.family,
        case when starts_with(m.letters, n.family) then substr(m.letters, length(n.family) + 1)
            when ends_with(m.letters, n.family)
            then substr(m.letters, 1, length(m.letters) - length(n.family)) end as given
    from (select *, unnest(families) as family from {work}.party_name) as n
    join {work}.party_mail as m using (party)
    where n.script = 'han' and n.reading is null and length(n.family) > 1
)
select distinct party, reading, split_part(reading, ' ', 1) as one,
    split_part(reading, ' ', 2) as other
from (
    select party, reading from {work}.party_name where reading is not null
    union
    select party, least(family, given) || ' ' || greatest(family, given)
    from left_over where length(given) > 1
)
where other != ''
"""

# How mailboxes of the party would be spelled: 3 by both parts, 2 by one and an initial, 1 by one.
_SPELLINGS = """
create or replace table {work}.party_spelling as
with pairs as (
    select party, one, other from {work}.party_reading
    union
    select party, other, one from {work}.party_reading
),
spelled as (
    select party, one || other as letters, 3 as level from pairs
    union
    select party, spelled, 3 from {work}.party_name where is_full and script != 'han'
    union
    select party, one || other[1], 2 from pairs where length(one) >= 3
    union
    select party, other[1] || one, 2 from pairs where length(one) >= 3
    union
    select party, unnest(families), 1 from {work}.party_name
)
select party, letters, max(level) as level
from spelled where length(letters) >= 3
group by party, letters
"""

# How many other parties would have a name by chance, if its parts were drawn one by one.
_RARITIES = """
create or replace table {work}.party_rarity as
with parts as (
    select party, token_key as name, family as one, given as other
    from {work}.party_name where is_full and given is not null
    union
    select party, reading, one, other from {work}.party_reading
    union
    select m.party, r.reading, r.one, r.other
    from {work}.party_mail as m
    join (
        select distinct reading, one, other, unnest([one || other, other || one]) as letters
        from {work}.party_reading
    ) as r using (letters)
),
counted as (
    select part, count(distinct party) as n
    from (select party, one as part from parts union all select party, other from parts)
    group by part
)
select parts.party, parts.name,
    max(a.n * b.n) / (select count(distinct party) from parts) as expected
from parts join counted as a on a.part = parts.one join counted as b on b.part = parts.other
group by all
"""

_CANDIDATES = """
create or replace table {work}.candidate as
with tokens as (
    select party, unnest(families) as token from {work}.party_name
    union
    select party, unnest([one, other]) from {work}.party_reading
    union
    select party, token from (
        select party, unnest(string_split(tokens, ' ')) as token from {work}.party_mail
    ) where length(token) >= 3
    union
    select party, letters from {work}.party_mail where length(letters) >= 3
    union
    select party, letters from {work}.party_spelling where level = 2
),
blocks as (
    select 'account' as kind, a.account || '|' || t.token as block, party
    from {work}.party_account as a join tokens as t using (party)
    union
    select 'phone', number, party from {work}.party_phone
    union
    select 'mailbox', mailbox, party from {work}.party_mail
    union
    select 'name', reading, party from {work}.party_reading
    union
    select 'name', token_key, party from {work}.party_name where is_full
    union
    select 'letters', letters, party from {work}.party_spelling where level = 3
    union
    select 'letters', letters, party from {work}.party_mail where length(letters) >= 6
),
kept as (
    select kind, block, party from blocks
    qualify count(*) over (partition by kind, block)
        between 2 and case kind when 'account' then {account_cap} else {value_cap} end
)
select distinct a.party as left_party, b.party as right_party
from kept as a join kept as b on b.kind = a.kind and b.block = a.block and b.party > a.party
union
select least(left_party, right_party), greatest(left_party, right_party) from {work}.mistyped
"""

# A mailbox typed wrong beside the one that is spelled as its owner's name. One letter more at an
# end is no typing error but an initial.
_MISTYPED = """
create or replace table {work}.mistyped as
with kept as (
    select *, count(*) over (partition by host) as mailboxes
    from {work}.party_mail where host_kind is null and length(letters) >= 5
),
owned as (
    select m.* from kept as m
    join {work}.party_spelling as s on s.party = m.party and s.letters = m.letters
)
select distinct a.party as left_party, b.party as right_party
from owned as a
join kept as b on b.host = a.host and b.party != a.party and b.digits = a.digits
where a.mailboxes <= {mailbox_cap}
    and damerau_levenshtein(a.local, b.local) = 1
    and a.letters != b.letters
    and not (starts_with(a.letters, b.letters) or starts_with(b.letters, a.letters)
        or ends_with(a.letters, b.letters) or ends_with(b.letters, a.letters))
"""


def describe_parties(session: Session, work: str) -> None:
    """Write the `party_*` tables and `candidate`: left_party, right_party, the smaller first."""
    filled = {
        "work": work,
        "account_cap": int(guard("parties_per_account_and_name")),
        "value_cap": int(guard("parties_per_value")),
        "mailbox_cap": int(guard("mailboxes_per_host")),
    }
    for statement in (
        _PARTY,
        _NAMES,
        _MAILS,
        _ACCOUNTS_AND_PHONES,
        _READINGS,
        _SPELLINGS,
        _RARITIES,
        _MISTYPED,
        _CANDIDATES,
    ):
        session.execute(statement.format(**filled))
