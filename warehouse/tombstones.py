"""Knows whom was erased without knowing who: keyed hashes that stop a person from coming back."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from warehouse.connection import ColumnType, Session
from warehouse.errors import Misconfigured
from warehouse.needles import OWN_ADDRESS, Needles
from warehouse.state import TOMBSTONES, StateStore
from warehouse.version_log import Reject, Segment

# The streams of tools whose records are people, as identity reads them: of these the whole record
# of an erased person stays out, of others what tells of the person is masked.
PEOPLE = frozenset(
    {
        ("hubspot", "contacts"),
        ("salesforce", "contacts"),
        ("salesforce", "leads"),
        ("marketo", "leads"),
        ("zendesk", "users"),
        ("intercom", "contacts"),
        ("database", "users"),
        ("events", "events"),
    }
)
REASON = "erased: nothing of this person is landed again"

_ADDRESS = r"[A-Za-z0-9._%+'-]+(?:@|%40|\\u0040)[A-Za-z0-9-]+(?:[.][A-Za-z0-9-]+)+"
# In JSON the letter of an escape stands right before a word.
_ESCAPE = r"\\[bfnrt]"
_BLOCK = 64
_SEGMENT: dict[str, ColumnType] = {"_key": "text", "payload": "json", "place": "integer"}


@dataclass(frozen=True)
class Kept:
    """What is known of the erased: the hashes of their addresses, records and ids."""

    digests: frozenset[str]
    key: bytes

    def __bool__(self) -> bool:
        return bool(self.digests)

    def knows(self, what: str) -> bool:
        """Whether something, as `email`, `record` or `person` writes it, was erased."""
        return bool(self.digests) and digest_of(self.key, what) in self.digests

    def knows_text(self, value: object) -> bool:
        """Whether a value is, or holds, the address of somebody who was erased."""
        if not isinstance(value, str) or not self.digests:
            return False
        found = [email(one) for one in re.findall(_ADDRESS, re.sub(_ESCAPE, " ", value))]
        return any(self.knows(one) for one in (*found, hashed_email(value)))


class Tombstones:
    """The tombstones of one state store, read by the key of the settings.

    Whoever has the store and not the key cannot try addresses against it.
    """

    def __init__(self, state: StateStore, key: SecretStr | None) -> None:
        self._state, self._key = state, key

    def key(self) -> bytes:
        """The secret by which everything is hashed.

        Raises:
            Misconfigured: there is none, or one that can be guessed.
        """
        text = self._key.get_secret_value() if self._key else ""
        if len(text) < 32:
            raise Misconfigured(
                "REVOPS_ERASURE__KEY is missing, or shorter than 32 characters",
                advice="make one with `openssl rand -hex 32`, put it where the other secrets are,"
                " and keep it: without it nobody who was erased is recognised",
            )
        return text.encode()

    def kept(self) -> Kept:
        """All of them, as they are now.

        Raises:
            Misconfigured: there are some, and no key to read them by.
        """
        with self._state.transaction() as connection:
            digests: list[str] = list(connection.scalars(sa.select(TOMBSTONES.c.digest)))
        return Kept(frozenset(digests), self.key() if digests else b"")

    def add(self, what: Iterable[str], erasure_id: str, at: datetime) -> int:
        """Remember what must not come back; how many of them are kept for this erasure."""
        key = self.key()
        wanted = {digest_of(key, one) for one in what}
        with self._state.transaction() as connection:
            known: set[str] = set(connection.scalars(sa.select(TOMBSTONES.c.digest)))
            rows = [
                {"digest": one, "erasure_id": erasure_id, "since": at}
                for one in sorted(wanted - known)
            ]
            if rows:
                connection.execute(sa.insert(TOMBSTONES), rows)
        return len(wanted)

    def lift(self, what: Iterable[str]) -> int:
        """Let somebody come back who asked for it; how many tombstones that were.

        With an address go the others of the same erasure, of records and of other addresses.
        """
        key = self.key()
        digests = [digest_of(key, one) for one in what]
        of_them = sa.select(TOMBSTONES.c.erasure_id).where(TOMBSTONES.c.digest.in_(digests))
        with self._state.transaction() as connection:
            found: list[str] = list(connection.scalars(of_them.distinct()))
            done = connection.execute(
                sa.delete(TOMBSTONES).where(TOMBSTONES.c.erasure_id.in_(found))
            )
            return int(done.rowcount)


def email(address: str) -> str:
    """How an address is written to be hashed."""
    plain = re.sub(r"%40|\\u0040", "@", address)
    return f"email {plain.strip(chr(39) + '.-').lower()}"


def hashed_email(text: str) -> str:
    """How an address is written of which only the SHA-256 is told, as advertising tools do."""
    return f"sha256 {text.strip().lower()}"


def sha256(address: str) -> str:
    """The hash of an address that advertising tools are told."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def record(vendor: str, stream: str, key: str) -> str:
    """How a record of a tool is written to be hashed."""
    return f"record {vendor} {stream} {key}"


def person(person_id: str) -> str:
    """How a person's id is written to be hashed."""
    return f"person {person_id}"


@lru_cache(maxsize=65_536)
def digest_of(key: bytes, what: str) -> str:
    """The keyed hash of what was written for it: HMAC by SHA-256 (RFC 2104)."""
    return hmac.new(key, what.encode(), hashlib.sha256).hexdigest()


def without_erased(
    session: Session, segment: Segment, vendor: str, stream: str, kept: Kept
) -> Segment:
    """The segment without records of people who were erased, and with what tells of them masked.

    What is left out is noted like a refused record, by its number and without its content, so that
    a comparison with the source knows that it is missing on purpose.
    """
    if not kept or not segment.keys:
        return _judged(segment, kept, vendor, stream)
    columns = {
        "_key": segment.keys,
        "payload": segment.payloads,
        "place": range(len(segment.keys)),
    }
    digests = {"digest": sorted(kept.digests)}
    with (
        session.table("incoming", columns, _SEGMENT),
        session.table("tombstones", digests, {"digest": "text"}),
    ):
        found = session.rows(
            _ERASED, _pads(kept.key) | {"address": _ADDRESS, "stream": f"record {vendor} {stream} "}
        )
    addresses: dict[int, set[str]] = {}
    gone: set[int] = set()
    for row in found:
        if row["address"] is None:
            gone.add(row["place"])
        else:
            addresses.setdefault(row["place"], set()).add(row["address"])
    if (vendor, stream) in PEOPLE:
        payloads = segment.payloads
        gone |= {one for one, named in addresses.items() if _is_of(bytes(payloads[one]), named)}
    return _judged(_left(segment, gone, addresses), kept, vendor, stream)


# A hash of a hash, each behind a key that was padded (RFC 2104); a text is hashed as its UTF-8.
_HMAC = "sha256($outer || unhex(sha256($inner || encode({}))))"
_ERASED = f"""
with told as (
    select distinct
        place,
        unnest(regexp_extract_all(
            regexp_replace(payload::varchar, '{_ESCAPE}', ' ', 'g'), $address
        )) as address
    from incoming
    union
    select place, unnest(regexp_extract_all(_key, $address)) from incoming
),

addresses as (
    select distinct address, lower(trim(
        replace(replace(address, '%40', '@'), '\\u0040', '@'), '''.-'
    )) as plain
    from told
),

erased as (
    select address from addresses
    where {_HMAC.format("'email ' || plain")} in (select digest from tombstones)
)

select place, address from told semi join erased using (address)
union all
select place, null from incoming
where {_HMAC.format("$stream || _key")} in (select digest from tombstones)
"""


def _pads(key: bytes) -> dict[str, Any]:
    whole = hashlib.sha256(key).digest() if len(key) > _BLOCK else key
    whole = whole.ljust(_BLOCK, b"\0")
    return {
        "inner": bytes(one ^ 0x36 for one in whole),
        "outer": bytes(one ^ 0x5C for one in whole),
    }


def _is_of(payload: bytes, addresses: set[str]) -> bool:
    """Whether a record is of somebody who has one of the addresses, and not only names it."""
    own = re.findall(OWN_ADDRESS, payload.decode())
    return any(address in text for address in addresses for text in own)


def _left(segment: Segment, gone: set[int], addresses: Mapping[int, set[str]]) -> Segment:
    if not gone and not addresses:
        return segment
    left = Segment(rejects=list(segment.rejects))
    rows = zip(segment.keys, segment.cursors, segment.deleted, segment.payloads, strict=True)
    for place, (key, cursor, deleted, payload) in enumerate(rows):
        named = addresses.get(place, set())
        if place in gone or any(one in key for one in named):
            # A key that is an address is not kept either.
            left.rejects.append(Reject(None if named and "@" in key else key, REASON, "null"))
            continue
        left.keys.append(key)
        left.cursors.append(cursor)
        left.deleted.append(deleted)
        left.payloads.append(_masked(bytes(payload), named) if named else payload)
    segment.payloads.clear()
    return left


def _judged(segment: Segment, kept: Kept, vendor: str, stream: str) -> Segment:
    """What broke its contract is kept whole; of who was erased, only that there was something."""
    if not kept or not segment.rejects:
        return segment
    rejects = [
        replace(one, payload="null", reason=REASON, key=None if "@" in (one.key or "") else one.key)
        if kept.knows_text(one.payload)
        or (one.key is not None and kept.knows(record(vendor, stream, one.key)))
        else one
        for one in segment.rejects
    ]
    return replace(segment, rejects=rejects)


def _masked(payload: bytes, addresses: Iterable[str]) -> bytes:
    plain = tuple(email(one).removeprefix("email ") for one in addresses)
    return Needles(plain, (), (), ()).masked(payload.decode()).encode()
