"""Compares what the rules left open: pairs of parties, by levels, accepted by measured precision.

A party is the records that the rules hold together. Two parties that share an account and a part
of a name, a phone, or a full reading are compared; the levels of the comparison make a pattern,
and a pattern is followed only where its precision was measured to be high enough. Evidence that
comes together for one reason (a main line and its company) is one level, not two.
"""

from __future__ import annotations

from identity.evidence import FAMILIES, folded_roman
from warehouse.connection import Session

_PARTIES = """
create or replace table {work}.party_name as
select party, token_key, any_value(script) as script, max(families) as families,
    max(given) as given,
    coalesce([max(reading_key)], max(reading_keys)) as reading_keys,
    max(reading_key) as reading_key,
    bool_or(is_full) as is_full,
    sum(1) as records
from (
    select p.party, r.token_key, r.script, r.is_full, r.reading_key, r.reading_keys,
        list_sort(list_transform({families}, x -> {fold_x})) as families,
        nullif({given}, '') as given
    from {work}.party as p
    join {work}.person_record as r using (record)
    where r.token_key is not null
)
group by party, token_key;

create or replace table {work}.party_mail as
select distinct p.party, m.mailbox, m.host, m.host_kind, m.local, m.digits, m.words,
    {letters} as letters,
    m.is_role or m.words in (select words from {work}.desk) as is_desk
from {work}.party as p
join {work}.person_mailbox as m using (record)
where m.mailbox is not null and not m.is_placeholder;

create or replace table {work}.party_account as
select p.party, a.account, count(*) as records
from {work}.party as p join {work}.record_account as a using (record)
group by all;

create or replace table {work}.party_phone as
select party, number, count(*) over (partition by number) as parties
from (
    select distinct p.party, n.number
    from {work}.party as p join {work}.person_phone as n using (record)
);

-- Readings: said, or what is left of a mailbox without the family's part; in alphabetical order.
create or replace table {work}.party_reading as
with said as (
    select party, {fold_key} as reading, family, {given_only} as given
    from (select *, unnest(families) as family from {work}.party_name where is_full)
    where reading_key is not null
),
left_over as (
    select n.party, n.family,
        case when starts_with(m.letters, n.family) then substr(m.letters, length(n.family) + 1)
            when ends_with(m.letters, n.family)
            then substr(m.letters, 1, length(m.letters) - length(n.family)) end as given
    from (select *, unnest(families) as family from {work}.party_name) as n
    join {work}.party_mail as m using (party)
    where n.script = 'han' and n.reading_key is null and length(n.family) > 1 and not m.is_desk
)
select distinct party, reading, 'said' as how from said where reading is not null
union
select party, least(family, given) || ' ' || greatest(family, given), 'mail'
from left_over where length(given) > 1;
"""
