"""Keeps, for every record, the keys that rules compare: names, mailboxes, phones, company evidence.

The tables of the work schema, `{entity}` being person or company:

- `{entity}_record`: one row per record, with what was parsed of its single-valued fields;
- `{entity}_mailbox`, `{entity}_phone`, `{entity}_link`: one row per record and value;
- `{entity}_evidence`: record, kind (number, name, site, mail) and node, the company value.

A node is a company value with its kind in front: `#` a 法人番号, `=` a name, `@` a domain. A site
and a mail domain are the same node, found in two ways.
"""

from __future__ import annotations

from identity.parsing import parse, parse_all
from identity.steps import Steps
from identity.vocabulary import MANY, SINGLE, Entity

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
where true {scope}
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
where coalesce(seen.mailbox, seen.host) is not null {scope}
    and coalesce(seen.mailbox, '') not in (from {work}.unused)
"""

_PHONES = """
select distinct r.record, seen.number, seen.extension
from (select record, unnest(phones) as raw, country, {locale} as locale from {relation}) as r
join {work}.seen_phone as seen
    on seen.raw = r.raw
    and seen.country is not distinct from r.country
    and seen.locale is not distinct from r.locale
where seen.number is not null {scope}
    and seen.number not in (from {work}.unused)
"""

_LINKS = """
select distinct record, link
from (select record, unnest(links) as link from {relation}) where true {scope}
"""

_EVIDENCE = """
select record, kind, node from (
select record, 'number' as kind, '#' || corporate_number as node
from {work}.{entity}_record where corporate_number is not null {scope}
union all
select record, 'name', '=' || skeleton
from {work}.{entity}_record where skeleton is not null {scope}
union all
select distinct record, 'site', '@' || seen.host
from (select record, unnest(websites) as raw from {relation}) as r
join {work}.seen_site as seen using (raw)
where seen.host is not null and seen.host_kind is null {scope}
union all
select distinct record, 'mail', '@' || host
from {work}.{entity}_mailbox where host is not null and host_kind is null {scope}
)
where substr(node, 2) not in (from {work}.unused)
"""


# What a steward said is not to be used, as written and as it is compared. Whoever says it is read
# again when that changes.
_UNUSED = """
with written as (
    select distinct value from {work}.decision
    where decision = 'do_not_use_value' and value is not null
)
select key from (
    select value as key from written
    union select mailbox from {work}.seen_email where raw in (from written)
    union select number from {work}.seen_phone where raw in (from written)
    union select host from {work}.seen_site where raw in (from written)
    union select number from {work}.seen_number where raw in (from written)
    union select skeleton from {work}.seen_company where raw in (from written)
)
where key is not null
"""

_SAYING = """
with texts as (
    select record,
        unnest(list_concat(emails, phones, websites, [corporate_number, {company}])) as raw
    from {relation}
),
banned as (
    select raw from {{work}}.seen_email where mailbox in (from touched_unused)
    union select raw from {{work}}.seen_phone where number in (from touched_unused)
    union select raw from {{work}}.seen_site where host in (from touched_unused)
    union select raw from {{work}}.seen_email where host in (from touched_unused)
    union select raw from {{work}}.seen_number where number in (from touched_unused)
    union select raw from {{work}}.seen_company where skeleton in (from touched_unused)
)
select record from texts where raw in (from banned)
"""


def ban_values(steps: Steps) -> None:
    """Write `unused`: key, the values that link nobody."""
    texts = "select value as raw, null::varchar as country, null::varchar as locale"
    texts += f" from {steps.work}.decision where decision = 'do_not_use_value'"
    for kind in ("email", "phone", "site", "number", "company"):
        parse(steps.session, steps.work, kind, texts)
    steps.replace("unused", _UNUSED, changed={"unused": "key"})


def prepare(steps: Steps, relation: str, entity: str) -> None:
    """Bring the key tables up to the records of a relation.

    Touches `changed_{entity}`, the records that are new, changed or gone, and of what they say
    now or said before: `mailbox`, `number`, `link` of people, and `node` of both.
    """
    source = relation
    if not steps.is_first:
        steps.touch(
            f"changed_{entity}",
            f"""
            select coalesce(now.record, before.record)
            from (select r.record, hash(r) as row_hash from {relation} as r) as now
            full join {{work}}.{entity}_record as before using (record)
            where now.row_hash is distinct from before.row_hash
            """,
        )
        if steps.any_touched("unused"):
            company = "company" if entity == "person" else "name"
            saying = _SAYING.format(relation=relation, company=company)
            steps.touch(f"changed_{entity}", saying)
        source = f"{steps.work}.arriving"
        steps.execute(f"""
            create or replace table {source} as
            from {relation} where record in (from touched_changed_{entity})
        """)
    parse_all(steps.session, steps.work, source, entity)
    _derive_keys(steps, source, entity)


def _derive_keys(steps: Steps, source: str, entity: str) -> None:
    person = entity == "person"
    filled = {
        "relation": source,
        "entity": entity,
        "company": "company" if person else "name",
        "own": "r.company_record, named.* exclude (given_name, family_name, full_name, reading)"
        if person
        else "r.parent_record",
        "names": _PERSON_NAMES.format(work=steps.work) if person else "",
        "locale": "locale" if person else "null",
    }
    touches = {"mailbox": {"mailbox": "mailbox"}, "phone": {"number": "number"}}
    touches |= {"link": {"link": "link"}, "evidence": {"node": "node"}}
    tables = {"record": _RECORDS, "mailbox": _MAILBOXES, "phone": _PHONES, "link": _LINKS}
    for table, query in (tables | {"evidence": _EVIDENCE}).items():
        steps.derive(
            f"{entity}_{table}",
            query,
            "record",
            f"changed_{entity}",
            every=touches.get(table) if person or table == "evidence" else None,
            values=filled,
        )


def none_of(steps: Steps, entity: Entity) -> str:
    """A relation with every column of the vocabulary and no row."""
    columns = [f"null::varchar as {name}" for name in ("record", "source", *SINGLE[entity])]
    columns += [f"null::varchar[] as {name}" for name in MANY.values()]
    columns += [f"null::timestamptz as {name}" for name in ("created_at", "updated_at")]
    columns += ["null::boolean as is_deleted"]
    steps.execute(
        f"create or replace view {{work}}.no_{entity} as select {', '.join(columns)} where false"
    )
    return f"{steps.work}.no_{entity}"
