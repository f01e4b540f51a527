"""Keeps, for every record, the keys that rules compare: names, mailboxes, phones, company evidence.

The tables of the work schema, `{entity}` being person or company:

- `{entity}_record`: one row per record, with what was parsed of its single-valued fields;
- `{entity}_mailbox`, `{entity}_phone`, `{entity}_link`: one row per record and value;
- `evidence`: entity, record, kind (number, name, site, mail) and node, the company value.

A node is a company value with its kind in front: `#` a 法人番号, `=` a name, `@` a domain. A site
and a mail domain are the same node, found in two ways.
"""

from __future__ import annotations

from identity.normalise import exists, parse_all
from warehouse.connection import Session

ENTITIES = ("person", "company")

_RECORDS = """
select
    r.record,
    hash(r) as row_hash,
    r.source,
    coalesce(r.is_deleted, false) as is_deleted,
    seen_number.number as corporate_number,
    seen_company.core, seen_company.form, seen_company.form_position, seen_company.skeleton,
    seen_company.letters,
    seen_prefecture.prefecture,
    r.city,
    {own}
from {relation} as r
left join {work}.seen_number on seen_number.raw = r.corporate_number
left join {work}.seen_company on seen_company.raw = r.{company}
left join {work}.seen_prefecture on seen_prefecture.raw = r.prefecture
{names}
"""

_PERSON_NAMES = """
left join {work}.seen_name as named
    on named.given_name is not distinct from r.given_name
    and named.family_name is not distinct from r.family_name
    and named.full_name is not distinct from r.full_name
    and named.reading is not distinct from r.reading
"""

_MAILBOXES = """
select distinct r.record, seen.mailbox, seen.local, seen.host, seen.host_kind, seen.is_placeholder,
    seen.is_role, seen.digits, seen.words,
    seen.letters, seen.tokens
from (select record, unnest(emails) as raw from {relation}) as r
join {work}.seen_email as seen using (raw)
where coalesce(seen.mailbox, seen.host) is not null
"""

_PHONES = """
select distinct r.record, seen.number, seen.extension
from (select record, unnest(phones) as raw, country, {locale} as locale from {relation}) as r
join {work}.seen_phone as seen
    on seen.raw = r.raw
    and seen.country is not distinct from r.country
    and seen.locale is not distinct from r.locale
where seen.number is not null
"""

_LINKS = "select distinct record, unnest(links) as link from {relation}"

_EVIDENCE = """
select '{entity}' as entity, record, 'number' as kind, '#' || corporate_number as node
from {work}.{entity}_record where corporate_number is not null {scope}
union all
select '{entity}', record, 'name', '=' || skeleton
from {work}.{entity}_record where skeleton is not null {scope}
union all
select distinct '{entity}', r.record, 'site', '@' || seen.host
from (select record, unnest(websites) as raw from {relation}) as r
join {work}.seen_site as seen using (raw)
where seen.host is not null and seen.host_kind is null
union all
select distinct '{entity}', record, 'mail', '@' || host
from {work}.{entity}_mailbox where host is not null and host_kind is null
{scope}
"""


def prepare(session: Session, work: str, relation: str, entity: str) -> str:
    """Bring the key tables up to the records of a relation.

    Returns:
        The table of the records that are new, changed or gone since the last time, column record.
    """
    changed = f"{work}.changed_{entity}"
    if not exists(session, work, f"{entity}_record"):
        _build(session, work, relation, entity)
        session.execute(
            f"create or replace table {changed} as select record from {work}.{entity}_record"
        )
        return changed
    session.execute(f"""
        create or replace table {changed} as
        select coalesce(now.record, before.record) as record
        from (select r.record, hash(r) as row_hash from {relation} as r) as now
        full join {work}.{entity}_record as before using (record)
        where now.row_hash is distinct from before.row_hash
    """)
    _replace(session, work, relation, entity)
    return changed


def _queries(work: str, relation: str, entity: str, scope: str) -> dict[str, str]:
    person = entity == "person"
    filled = {
        "work": work,
        "relation": relation,
        "entity": entity,
        "company": "company" if person else "name",
        "own": "r.company_record, named.* exclude (given_name, family_name, full_name, reading)"
        if person
        else "r.parent_record",
        "names": _PERSON_NAMES.format(work=work) if person else "",
        "locale": "locale" if person else "null",
        "scope": scope,
    }
    queries = {
        f"{entity}_record": _RECORDS,
        f"{entity}_mailbox": _MAILBOXES,
        f"{entity}_phone": _PHONES,
        f"{entity}_link": _LINKS,
        "evidence": _EVIDENCE,
    }
    return {table: query.format(**filled) for table, query in queries.items()}


def _build(session: Session, work: str, relation: str, entity: str) -> None:
    parse_all(session, work, relation, entity)
    for table, query in _queries(work, relation, entity, "").items():
        if exists(session, work, table):
            session.execute(f"insert into {work}.{table} {query}")
        else:
            session.execute(f"create table {work}.{table} as {query}")


def _replace(session: Session, work: str, relation: str, entity: str) -> None:
    """Redo the rows of the changed records, which are few."""
    changed = f"{work}.changed_{entity}"
    session.execute(
        f"create or replace table {work}.arriving as "
        f"from {relation} where record in (from {changed})"
    )
    parse_all(session, work, f"{work}.arriving", entity)
    scope = f"and record in (from {changed})"
    for table, query in _queries(work, f"{work}.arriving", entity, scope).items():
        own = f" and entity = '{entity}'" if table == "evidence" else ""
        session.execute(f"delete from {work}.{table} where record in (from {changed}){own}")
        session.execute(f"insert into {work}.{table} {query}")
    session.execute(f"drop table {work}.arriving")


_TEXTS = {
    "person": "given_name family_name full_name reading birth_date gender occupation title "
    "identifier street city prefecture postcode country locale company company_reading "
    "corporate_number company_record",
    "company": "name reading name_latin corporate_number street city prefecture postcode country "
    "industry parent_record",
}


def none_of(session: Session, work: str, entity: str) -> str:
    """A relation with every column of the vocabulary and no row."""
    columns = [f"null::varchar as {name}" for name in ("record", "source", *_TEXTS[entity].split())]
    columns += [f"null::varchar[] as {name}" for name in ("emails", "phones", "websites", "links")]
    columns += [f"null::timestamptz as {name}" for name in ("created_at", "updated_at")]
    columns += ["null::boolean as is_deleted"]
    session.execute(
        f"create or replace view {work}.no_{entity} as select {', '.join(columns)} where false"
    )
    return f"{work}.no_{entity}"
