"""Matches records to a reference list of companies: by number, by name, by domain.

A record is matched where one company of the list alone fits, or fits clearly best; what two
companies fit equally well stays unmatched.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute

from identity import contact_points, places
from identity.clustering import Rules, cluster
from identity.names.company import company_name_keys
from identity.names.company_links import link_names
from warehouse.connection import Session
from warehouse.domains import registrable_domains

# Its functions are made at run time; its stubs know a part of them.
pc: Any = pyarrow.compute

Column = Any  # a pyarrow.ChunkedArray of texts

# How often a match by the rule is right (benchmarks/identity/company_names.py).
CONFIDENCE = {
    "number": 1.0,
    "name": 0.99,
    "name and prefecture": 0.99,
    "name elsewhere": 0.9,
    "name without form": 0.97,
    "site": 0.97,
    "mail": 0.95,
    "likeness": 0.93,
}

_TABLES = ("record", "reference", "record_domain", "reference_domain", "candidate", "found")
# Every record that hangs together with one company of the list is taken; how far it is from the
# company is what the rules of the links have judged.
_CONNECTED = Rules(large=sys.maxsize, dense=0.0)


def match(session: Session, records: str, reference: str, *, likeness: bool = True) -> Any:
    """The company of `reference` that each of `records` belongs to, where that is clear.

    Both relations have the columns record, name, corporate_number, prefecture (its name, or an
    address that begins with it) and the lists websites and emails. A corporate number that is in
    the list decides; any other keeps the record from the companies of another number.

    Args:
        session: where the relations are.
        records: the relation of the records.
        reference: the relation of the known companies, of which no two are the same.
        likeness: whether names that differ from all of the list are compared by likeness, too.

    Returns:
        An Arrow table: record, reference, rule (a key of `CONFIDENCE`), value (what was
        compared), confidence (0..1); at most one row per record.
    """
    for side, relation in (("record", records), ("reference", reference)):
        session.load(f"match_{side}", _parsed(session, relation))
        session.execute(_DOMAINS.format(side=side, relation=relation))
        _reduce_domains(session, side)
    session.execute(_FOUND)
    session.execute(f"insert into match_found {_BY_NUMBER}")
    session.execute(_CANDIDATES)
    for rule in (_BY_NAME, _by_domain("site"), _by_domain("mail")):
        session.execute(f"insert into match_found {rule}")
    if likeness:
        _match_by_likeness(session)
    found = session.arrow("from match_found order by record")
    for table in _TABLES:
        session.execute(f"drop table match_{table}")
    confidence = [CONFIDENCE[rule] for rule in found["rule"].to_pylist()]
    return found.append_column("confidence", pa.array(confidence, pa.float64()))


def _parsed(session: Session, relation: str) -> pa.Table:
    table = session.arrow(
        "select record::varchar as record, name::varchar as name, "
        "corporate_number::varchar as number, prefecture::varchar as prefecture, "
        f"from {relation}"
    )
    keys = company_name_keys(table["name"])
    columns = {field.name: keys.field(index) for index, field in enumerate(keys.type)}
    return pa.table(
        {
            "record": table["record"],
            "name": table["name"],
            "number": _of_distinct(contact_points.corporate_numbers, table["number"]),
            "prefecture": _of_distinct(places.prefectures, table["prefecture"]),
            **columns,
        }
    )


def _of_distinct(parse: Callable[[Any], Any], column: Column) -> Any:
    encoded = column.combine_chunks().dictionary_encode()
    return parse(encoded.dictionary).take(encoded.indices)


def _reduce_domains(session: Session, side: str) -> None:
    """Addresses and sites become the domains that a company may own."""
    table = session.arrow(f"from match_{side}_domain")
    domains = _of_distinct(registrable_domains, table["value"])
    shared = pa.array(sorted(contact_points.mail_hosts()), pa.string())
    own = pc.if_else(pc.is_in(domains, value_set=shared), pa.scalar(None, pa.string()), domains)
    table = table.set_column(2, "value", own).filter(pc.is_valid(own))
    session.load(f"match_{side}_domain", table.group_by(table.column_names).aggregate([]))


def _match_by_likeness(session: Session) -> None:
    """What hangs together with one company of the list, by the rules for names alone."""
    session.execute(_UNLIKE)
    edges = link_names(session, "match_name")
    names = session.arrow("select record from match_name")
    edges = edges.append_column("weight", edges["confidence"])
    session.load("match_group", cluster(names, edges, rules=_CONNECTED).members)
    session.execute(_BY_LIKENESS)
    for table in ("name", "group"):
        session.execute(f"drop table match_{table}")


_DOMAINS = """
create or replace table match_{side}_domain as
select record::varchar as record, 'site' as kind, unnest(websites)::varchar as value
from {relation}
union all
select record::varchar, 'mail', unnest(emails)::varchar from {relation}
"""
_FOUND = """
create or replace table match_found (
    record varchar, reference varchar, rule varchar, value varchar
)
"""
_BY_NUMBER = """
select
    record.record, min(reference.record), 'number', number
from match_record as record
join match_reference as reference using (number)
group by record.record, number
having count(*) = 1
"""
# The whole as typed, then without a branch, then in new characters and without punctuation, then
# without long vowels; where one reading fits, the next is not asked. A name that is a place is
# whole with its form only.
_CANDIDATES = """
create or replace table match_candidate as
with record as (
    from match_record where record not in (select record from match_found)
),
reading as (
    select record.record, reference.record as reference, 0 as reading
    from record join match_reference as reference using (folded)
    union all
    select record.record, reference.record, 1
    from record join match_reference as reference using (core, form, form_position)
    where record.core != ''
    union all
    select record.record, reference.record, 2
    from record join match_reference as reference using (key)
    union all
    select record.record, reference.record, 3
    from record join match_reference as reference using (skeleton, form, form_position)
    union all
    select record.record, reference.record, 4
    from record join match_reference as reference using (skeleton)
    where (record.form = '') != (reference.form = '')
        and not regexp_matches(record.core, '[都道府県市区町村省庁]$')
)
select
    reading.*, record.name,
    coalesce(record.prefecture = reference.prefecture, false) as is_near,
    coalesce(record.prefecture != reference.prefecture, false) as is_far
from reading
join record using (record)
join match_reference as reference on reference.record = reading.reference
where coalesce(record.number = reference.number, true)
    and (record.seat = '' or reference.seat = '' or record.seat = reference.seat)
qualify reading = min(reading) over (partition by reading.record)
"""
# Branches are elsewhere than their company, so that another prefecture is doubt, not refusal.
_BY_NAME = """
with counted as (
    select
        *, count(*) over (partition by record) as fitting,
        count(*) filter (is_near) over (partition by record) as near
    from match_candidate
)
select distinct
    record, reference,
    case
        when fitting > 1 then 'name and prefecture'
        when is_far then 'name elsewhere'
        when reading = 4 then 'name without form'
        else 'name'
    end,
    name
from counted
where fitting = 1 and not (is_far and reading = 4) or near = 1 and is_near
"""


# A domain that two companies of the list share (a subsidiary mails from its parent's) tells
# neither.
def _by_domain(kind: str) -> str:
    return f"""
with owner as (
    select value, min(record) as reference
    from match_reference_domain group by value having count(distinct record) = 1
)
select
    record, min(reference), '{kind}', min(value)
from match_record_domain
join owner using (value)
join match_record as known using (record)
join match_reference as company on company.record = reference
where kind = '{kind}' and record not in (select record from match_found)
    and coalesce(known.number = company.number, true)
group by record
having count(distinct reference) = 1
"""


_UNLIKE = """
create or replace table match_name as
select 'reference ' || record as record, name from match_reference
union all
select 'record ' || record, name
from match_record
where record not in (select record from match_found)
    and record not in (select record from match_candidate)
"""
_BY_LIKENESS = """
insert into match_found
with known as (
    select cluster, min(substr(record, 11)) as reference
    from match_group where starts_with(record, 'reference ')
    group by cluster having count(*) = 1
)
select
    record.record, known.reference, 'likeness', record.name
from match_group as grouped
join known using (cluster)
join match_record as record on grouped.record = 'record ' || record.record
join match_reference as reference on reference.record = known.reference
where coalesce(record.number = reference.number, true)
"""
