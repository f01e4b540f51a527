"""Who is meant is found by everything that is known of them, and by nothing that others share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reverse_etl.erasure.subject import subject_of
from warehouse.connection import Session, Warehouse
from warehouse.errors import Misconfigured
from warehouse.landing import RawStream, Segment, Version

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
TARO, OLD = "taro@aoba.example", "taro.yamada@old-mail.example"
PEOPLE = """
    create schema identity;
    create table identity.person_map as select * from (values
        ('per_1', 'hubspot', 'contacts', '1', 'hubspot:contacts:1'),
        ('per_1', 'zendesk', 'users', '7', 'zendesk:users:7'),
        ('per_2', 'hubspot', 'contacts', '2', 'hubspot:contacts:2')
    ) as m (person_id, source, source_object, source_record_id, record_reference);
    create table identity.person_records as select * from (values
        ('hubspot:contacts:1', 'hubspot', 'contacts', '1', '太郎', '山田', '山田 太郎',
            'taro@aoba.example', ['Taro@aoba.example', 'info@aoba.example'], ['+81 3-1234-5678']),
        ('zendesk:users:7', 'zendesk', 'users', '7', null, null, 'Taro Yamada',
            'taro@aoba.example', ['taro@aoba.example'], ['+81 90-1111-2222']),
        ('hubspot:contacts:2', 'hubspot', 'contacts', '2', null, null, 'Hana',
            'hana@aoba.example', ['hana@aoba.example', 'info@aoba.example'], ['03-1234-5678'])
    ) as r (record_reference, source, source_object, source_record_id, given_name, family_name,
        full_name, normalised_email, emails, phones);
    create table identity.owner_records as select 'staff@ours.example' as normalised_email;
"""


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", wait_seconds=5)
    raw = RawStream(warehouse, "hubspot", "contacts")
    raw.position()
    told = [
        {"id": "1", "properties": {"email": OLD}, "owner": {"email": "staff@ours.example"}},
        {"id": "1", "properties": {"email": TARO, "manager": "boss@aoba.example"}},
        {"id": "3", "properties": {"email": TARO.upper()}},
        {"id": "4", "properties": {"manager": TARO}},
    ]
    rows = [Version(str(one["id"]), None, False, json.dumps(one)) for one in told]
    raw.land(Segment.of(rows), {}, run_id="r", at=AT)
    with warehouse.open("test") as opened:
        opened.execute(PEOPLE)
        yield opened


def test_all_that_is_known_of_a_person_is_looked_for(session: Session) -> None:
    found = subject_of(session, f" {TARO.title()} ", None)
    assert found.person_id == "per_1"
    # The third record was landed since the last build; the fourth only names the person.
    assert found.own == {("hubspot", "contacts"): ("1", "3"), ("zendesk", "users"): ("7",)}
    assert found.needles.emails == (OLD, TARO)
    assert set(found.needles.names) == {"Taro Yamada", "太郎 山田", "山田 太郎"}
    assert {"per_1", "zendesk:users:7", "hubspot:contacts:3"} <= set(found.needles.references)


def test_what_others_have_too_is_not_looked_for(session: Session) -> None:
    found = subject_of(session, TARO, None)
    assert set(found.needles.phones) == {"+81 90-1111-2222", "090-1111-2222"}
    assert {"info@aoba.example", "staff@ours.example", "+81 3-1234-5678"} <= set(found.shared)


def test_an_address_of_several_people_asks_for_one_of_them(session: Session) -> None:
    with pytest.raises(Misconfigured, match="2 people: per_1, per_2"):
        subject_of(session, "info@aoba.example", None)
    assert subject_of(session, None, "per_2").own == {("hubspot", "contacts"): ("2",)}


def test_an_address_that_nobody_has_is_looked_for_all_the_same(session: Session) -> None:
    found = subject_of(session, "nobody@aoba.example", None)
    assert (found.person_id, found.own) == (None, {})
    assert found.needles.emails == ("nobody@aoba.example",)
