"""Finds who is to be erased: their records, addresses, telephone numbers and names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import phonenumbers

from warehouse import tombstones
from warehouse.connection import Row, Session, quoted
from warehouse.erasing_tables import OwnKeys
from warehouse.errors import Misconfigured
from warehouse.needles import OWN_ADDRESS, Needles, different

_ADDRESS = re.compile(r"[^@\s;,<>\"]+@[^@\s;,<>\"]+\.[^@\s;,<>\"]+")
_RECORDS = """
    select
        map.person_id, map.source, map.source_object, map.source_record_id,
        records.* exclude (source, source_object, source_record_id)
    from identity.person_map as map
    inner join identity.person_records as records using (record_reference)
"""


@dataclass(frozen=True)
class Subject:
    """One person: `own` are their records by vendor and stream, `needles` what they are known by.

    `records` shows a person at the keyboard whom the plan is about; it is not kept. `shared` are
    addresses and numbers that are other people's too, and stay where they are.
    """

    person_id: str | None
    email: str | None
    own: OwnKeys
    needles: Needles
    records: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)
    shared: tuple[str, ...] = field(default=(), compare=False)

    @property
    def must_not_return(self) -> list[str]:
        """What a tombstone is made of."""
        told = [tombstones.email(one) for one in self.needles.emails]
        told += [tombstones.hashed_email(tombstones.sha256(one)) for one in self.needles.emails]
        told += [
            tombstones.record(vendor, stream, key)
            for (vendor, stream), keys in self.own.items()
            for key in keys
        ]
        return told + ([tombstones.person(self.person_id)] if self.person_id else [])

    def as_json(self) -> dict[str, Any]:
        own = [[*place, list(keys)] for place, keys in sorted(self.own.items())]
        needles = self.needles.as_json()
        return {"person_id": self.person_id, "email": self.email, "own": own, "needles": needles}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Subject:
        own = {(vendor, stream): tuple(keys) for vendor, stream, keys in told["own"]}
        return cls(told["person_id"], told["email"], own, Needles.of(told["needles"]))


def subject_of(session: Session, email: str | None, person_id: str | None) -> Subject:
    """The person of an address, or of an id.

    Raises:
        Misconfigured: there is no such person, or several have the address.
    """
    is_built = _has(session, "identity", "person_map")
    if person_id is None:
        address = _checked(str(email))
        person_id = _person_of(session, address) if is_built else None
    else:
        address = None
    rows = _records(session, person_id) if person_id and is_built else []
    if person_id and not rows:
        raise Misconfigured(
            f"There is no person {person_id!r}",
            advice="`revops identity explain ADDRESS` says who has an address",
        )
    own = _own(rows)
    if address is not None:
        _add_unresolved(session, own, address, is_built=is_built)
    emails = {one.lower() for row in rows for one in row["emails"]} | _past(session, own)
    emails |= {address} if address else set()
    phones = {spelt for row in rows for one in row["phones"] for spelt in _spellings(one)}
    shared = _shared(session, person_id, emails, phones) if rows else set()
    needles = Needles(
        different(emails - shared),
        different(phones - shared),
        different(name for row in rows for name in _names(row)),
        different(_references(session, rows, own, person_id)),
    )
    shown = ("source", "source_object", "source_record_id", "full_name", "emails", "phones")
    return Subject(
        person_id,
        address,
        {place: tuple(sorted(keys)) for place, keys in own.items()},
        needles,
        tuple({name: row[name] for name in shown} for row in rows),
        tuple(sorted(shared)),
    )


def _checked(email: str) -> str:
    address = email.strip().lower()
    if not _ADDRESS.fullmatch(address):
        raise Misconfigured(f"{email!r} is no e-mail address", advice="--email name@mail.example")
    return address


def _person_of(session: Session, address: str) -> str | None:
    """Whose an address is; nobody's where no record has it."""
    found = session.rows(
        f"select distinct person_id from ({_RECORDS})"
        " where list_contains(list_transform(emails, lambda one: lower(one)), $address)"
        " or normalised_email = $address",
        {"address": address},
    )
    ids = sorted(row["person_id"] for row in found)
    if len(ids) > 1:
        raise Misconfigured(
            f"The address is that of {len(ids)} people: {', '.join(ids)}",
            advice="say who is meant: --person ID; `revops identity explain ID` tells them apart",
        )
    return ids[0] if ids else None


def _records(session: Session, person_id: str) -> list[Row]:
    rows = session.rows(
        f"select * from ({_RECORDS}) where person_id = $person order by record_reference",
        {"person": person_id},
    )
    return [row | {name: row[name] or [] for name in ("emails", "phones")} for row in rows]


def _own(rows: Iterable[Row]) -> dict[tuple[str, str], set[str]]:
    own: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        own.setdefault((row["source"], row["source_object"]), set()).add(row["source_record_id"])
    return own


def _add_unresolved(
    session: Session, own: dict[tuple[str, str], set[str]], address: str, *, is_built: bool
) -> None:
    """Add records with the address that no build has resolved: they were landed since."""
    for vendor, stream in sorted(tombstones.PEOPLE - {("events", "events")}):
        if not _has(session, f"raw_{vendor}", stream):
            continue
        known = (
            "select source_record_id from identity.person_map"
            f" where source = '{vendor}' and source_object = '{stream}'"
        )
        found = session.rows(
            f"select distinct _key from raw_{vendor}.{quoted(stream)}"
            " where list_contains(list_transform("
            "regexp_extract_all(payload::varchar, $pattern, 1), lambda one: lower(one)), $address)"
            + (f" and _key not in ({known})" if is_built else ""),
            {"pattern": OWN_ADDRESS, "address": address},
        )
        if found:
            own.setdefault((vendor, stream), set()).update(row["_key"] for row in found)


def _past(session: Session, own: Mapping[tuple[str, str], Iterable[str]]) -> set[str]:
    """Every address that any version of the person's own records had."""
    found: set[str] = set()
    for (vendor, stream), keys in own.items():
        if not _has(session, f"raw_{vendor}", stream):
            continue
        with session.table("own_record", {"key": sorted(keys)}, {"key": "text"}):
            rows = session.rows(
                "select distinct unnest(regexp_extract_all(payload::varchar, $pattern, 1)) as told"
                f" from raw_{vendor}.{quoted(stream)} where _key in (select key from own_record)",
                {"pattern": OWN_ADDRESS},
            )
        found |= {one.lower() for row in rows for one in _ADDRESS.findall(row["told"])}
    return found


def _shared(
    session: Session, person_id: str | None, emails: set[str], phones: set[str]
) -> set[str]:
    """What other people, or companies, have too: it does not tell of this person."""
    others = session.rows(
        f"select distinct lower(unnest(list_concat(coalesce(emails, []), coalesce(phones, []))))"
        f" as told from ({_RECORDS}) where person_id is distinct from $person",
        {"person": person_id},
    )
    told = {row["told"] for row in others}
    # Our own staff are nobody's records; a tool may name them in one.
    if _has(session, "identity", "owner_records"):
        rows = session.rows("select distinct normalised_email as told from identity.owner_records")
        told |= {str(row["told"]) for row in rows}
    if _has(session, "identity", "company_records"):
        companies = session.rows(
            "select column_name from duckdb_columns() where schema_name = 'identity'"
            " and table_name = 'company_records' and column_name = 'phones'"
        )
        if companies:
            rows = session.rows(
                "select distinct unnest(phones) as told from identity.company_records"
            )
            told |= {str(row["told"]).lower() for row in rows}
    # However they are written: of a number that is shared no spelling is looked for.
    numbers = (spelt for one in told if "@" not in one for spelt in _spellings(one))
    of_others = {_digits(one) for one in numbers}
    return (emails & told) | {
        one for one in phones if of_others & {_digits(spelt) for spelt in _spellings(one)}
    }


def _spellings(phone: str) -> set[str]:
    """A number as it was written, and as it is dialled at home."""
    spelt = {phone}
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return spelt
    home = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return spelt | {home}


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)


def _names(row: Row) -> list[str | None]:
    given, family = row["given_name"], row["family_name"]
    both = [f"{given} {family}", f"{family} {given}"] if given and family else []
    return [row["full_name"], *both]


def _references(
    session: Session,
    rows: Iterable[Row],
    own: Mapping[tuple[str, str], Iterable[str]],
    person_id: str | None,
) -> set[str]:
    """The ids of the records and of the person, those that they had before included."""
    references = {row["record_reference"] for row in rows}
    found = {key for keys in own.values() for key in keys}
    found |= {f"{':'.join(place)}:{key}" for place, keys in own.items() for key in keys}
    found |= references | ({person_id} if person_id else set())
    if references and _has(session, "ops", "identity_assignments"):
        with session.table("own_record", {"key": sorted(references)}, {"key": "text"}):
            earlier = session.rows(
                "select distinct entity_id from ops.identity_assignments"
                " where entity = 'person' and record_reference in (select key from own_record)"
                " and entity_id not in (select person_id from identity.person_map)"
            )
        found |= {row["entity_id"] for row in earlier}
    return found


def _has(session: Session, schema: str, table: str) -> bool:
    return bool(
        session.value(
            "select count(*) from duckdb_tables() where schema_name = $schema"
            " and table_name = $table and database_name = current_database()",
            {"schema": schema, "table": table},
        )
    )
