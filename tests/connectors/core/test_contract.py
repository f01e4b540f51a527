"""The cheap form of a contract accepts nothing that pydantic would refuse, and reads the same."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, Field, field_validator

from connectors.core import registry
from connectors.core.contract import Contract, quick_form
from connectors.core.source import Record
from tests.connectors.conftest import mirrored_streams
from tests.emulated import Vendors
from warehouse.landing import Segment

every_stream = pytest.mark.parametrize(("vendor", "stream"), mirrored_streams())


class Part(BaseModel):
    city: str | None = None
    seats: int = 0


class Thing(Record):
    """Every kind of field for which there is a cheap form."""

    id: str = Field(min_length=1)
    at: AwareDatetime
    amount: Decimal | None = None
    rate: float | None = None
    count: Annotated[int, Field(ge=0, le=1_000)] = 0
    kind: Literal["a", "b"] = "a"
    is_gone: bool = False
    day: date | None = None
    seen: datetime | None = None
    part: Part | None = None
    tags: list[str] = Field(default_factory=list)
    more: dict[str, Any] = Field(default_factory=dict)

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> datetime:
        return self.at

    def record_deleted(self) -> bool:
        return self.is_gone


texts = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["", "NaN", "1e5", "-1", "0x1", "٣", "true", "2026-02-30", "1.50", "Infinity"]),
)
instants = st.one_of(
    st.datetimes(timezones=st.timezones()).map(datetime.isoformat),
    st.datetimes().map(datetime.isoformat),
    st.dates().map(date.isoformat),
    st.sampled_from(
        [
            "2026-11-20T09:00:00Z",
            "2026-11-20 09:00:00Z",
            "2026-11-20T24:00:00Z",
            "0000-01-01T00:00:00Z",
            "2026-11-20T09:00:60Z",
            "2026-11-20T09:00Z",
            "2026-11-20T09:00:00+25:00",
            "1700000000",
        ]
    ),
)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    instants,
    st.lists(st.one_of(texts, st.integers()), max_size=2),
    st.dictionaries(
        st.sampled_from(["city", "seats", "x"]), st.one_of(texts, st.integers()), max_size=2
    ),
)
records = st.fixed_dictionaries(
    {"id": st.one_of(texts, values), "at": st.one_of(instants, instants, values)},
    optional=dict.fromkeys(list(Thing.model_fields)[2:], values) | {"unknown": values},
)


def judged(contract: Contract, *payloads: bytes) -> Segment:
    segment = Segment()
    contract.judge([msgspec.Raw(one) for one in payloads], segment)
    return segment


def by_pydantic_alone(model: type[Record]) -> Contract:
    contract = Contract(model)
    contract._quick = None
    return contract


@settings(max_examples=600, deadline=None)
@given(record=records)
def test_what_the_cheap_form_lets_pass_pydantic_lets_pass_and_reads_alike(record: Any) -> None:
    assert Contract(Thing).is_quick
    payload = json.dumps(record, ensure_ascii=False).encode(errors="surrogatepass")
    assert judged(Contract(Thing), payload) == judged(by_pydantic_alone(Thing), payload)


@given(noise=st.binary(max_size=40))
def test_what_is_no_json_is_a_reject_and_not_an_error(noise: bytes) -> None:
    payload = b'{"id":"1","at":"2026-11-20T09:00:00Z","more":{"x":"' + noise + b'"}}'
    quick, slow = judged(Contract(Thing), payload), judged(by_pydantic_alone(Thing), payload)
    assert (quick.keys, len(quick.rejects)) == (slow.keys, len(slow.rejects))


def test_one_bad_record_of_a_page_is_set_aside_and_its_neighbours_are_not() -> None:
    good = b'{"id":"%d","at":"2026-11-20T09:00:00Z"}'
    segment = judged(Contract(Thing), good % 1, b'{"id":"2"}', good % 3)
    assert segment.keys == ["1", "3"]
    assert [(one.key, one.reason) for one in segment.rejects] == [("2", "at: Field required")]


def test_half_a_character_is_a_reject_even_where_no_field_looks_at_it() -> None:
    payload = rb'{"id":"1","at":"2026-11-20T09:00:00Z","note":"cut \ud83d"}'
    segment = judged(Contract(Thing), payload)
    assert segment.keys == []
    assert "Invalid JSON" in segment.rejects[0].reason


@pytest.mark.parametrize("contract", [Contract(Thing), by_pydantic_alone(Thing)])
def test_an_instant_is_landed_as_python_writes_it(contract: Contract) -> None:
    stamps = ("2026-11-20T09:00:00Z", "2026-11-20T09:00:00.5Z", "2026-11-20T18:00:00.000001+09:00")
    payloads = [b'{"id":"1","at":"%s"}' % at.encode() for at in stamps]
    assert judged(contract, *payloads).cursors == [
        "2026-11-20T09:00:00+00:00",
        "2026-11-20T09:00:00.500000+00:00",
        "2026-11-20T18:00:00.000001+09:00",
    ]


def test_a_cursor_that_is_no_instant_is_landed_as_it_is() -> None:
    class Numbered(Thing):
        version: str | None = None

        def record_cursor(self) -> str | datetime | None:  # type: ignore[override]
            return self.version if self.version != "" else self.at

    versions = (b'"Z"', b"null", b'""')
    payloads = [b'{"id":"1","at":"2026-11-20T09:00:00Z","version":%s}' % one for one in versions]
    segment = judged(Contract(Numbered), *payloads)
    assert segment.cursors == ["Z", None, "2026-11-20T09:00:00+00:00"]


def test_a_contract_with_a_validator_of_its_own_is_left_to_pydantic() -> None:
    class Picky(Thing):
        @field_validator("id")
        @classmethod
        def _small(cls, value: str) -> str:
            if value != value.lower():
                raise ValueError("not small")
            return value

    assert quick_form(Picky) is None
    segment = judged(Contract(Picky), b'{"id":"A","at":"2026-11-20T09:00:00Z"}')
    assert [one.reason for one in segment.rejects] == ["id: Value error, not small"]


@every_stream
def test_both_forms_of_a_contract_read_an_emulated_record_alike(
    vendors: Vendors, vendor: str, stream: str
) -> None:
    declared = registry.source(vendor).stream(stream)
    assert declared is not None
    payloads = [json.dumps(one).encode() for one in vendors.records(vendor, stream)]
    quick = judged(Contract(declared.record), *payloads)
    assert quick == judged(by_pydantic_alone(declared.record), *payloads)
    assert len(quick.keys) == len(payloads)


def test_the_contracts_of_large_streams_have_a_cheap_form() -> None:
    large = {
        ("hubspot", "contacts"),
        ("hubspot", "companies"),
        ("salesforce", "contacts"),
        ("events", "events"),
        ("marketo", "activities"),
        ("zendesk", "tickets"),
    }
    for vendor, stream in large:
        declared = registry.source(vendor).stream(stream)
        assert declared is not None
        assert quick_form(declared.record) is not None, (vendor, stream)
