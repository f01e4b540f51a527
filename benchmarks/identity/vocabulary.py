"""Contacts in the shape of `b2b_synth` as the relations that the engine reads."""

from __future__ import annotations

from warehouse.connection import Session

_PEOPLE = """
create or replace table {into} as
select
    record_id as record, source, to_timestamp(updated_at) as created_at,
    to_timestamp(updated_at) as updated_at, false as is_deleted, []::varchar[] as links,
    first_name as given_name, last_name as family_name, full_name, kana as reading,
    case when email is null then []::varchar[] else [email] end as emails,
    case when phone is null then []::varchar[] else [phone] end as phones,
    null::varchar as birth_date, null::varchar as gender, null::varchar as occupation, title,
    null::varchar as identifier, null::varchar as street, city, pref as prefecture,
    null::varchar as postcode, null::varchar as country, locale, company,
    null::varchar as company_reading,
    case when website is null then []::varchar[] else [website] end as websites,
    corp_number as corporate_number, null::varchar as company_record
from {contacts}
"""


def people(session: Session, contacts: str, into: str) -> None:
    """Make the relation `into` of people's records; one record each, no company records."""
    session.execute(_PEOPLE.format(contacts=contacts, into=into))
