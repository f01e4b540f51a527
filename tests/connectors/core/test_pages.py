from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.core.http import ToolClient
from tests.connectors.core.conftest import Answer, Script
from warehouse.errors import Unavailable

RECORDS = [
    '{"id":"1","name":"株式会社サンプル"}',
    '{ "id" :\t"2",\r\n "name":"odd   spacing" }',
    '{"id":"3","b":1.50,"a":1e3,"name":"\\u682a \\/ \\""}',
    '{"id":"4","name":"cut emoji \\ud83d"}',
    '{"id":"5","deep":[[[{"x":[]}]]],"text":"]}, {"}',
]


def page(*records: str, start: str = '{"results":[', end: str = "]}") -> Answer:
    return Answer((start + ",".join(records) + end).encode())


def received(client: ToolClient, script: Script, answer: Answer) -> list[str]:
    script.says(answer)
    return [bytes(raw).decode() for raw in client.get("/things").records("results")]


def test_records_are_the_bytes_that_came(client: ToolClient, script: Script) -> None:
    assert received(client, script, page(*RECORDS)) == RECORDS
    good = [RECORDS[0], RECORDS[1], RECORDS[2], RECORDS[4]]
    assert received(client, script, page(*good)) == good


def test_a_cut_emoji_spoils_neither_its_page_nor_the_envelope(
    client: ToolClient, script: Script
) -> None:
    end = ' ] , "paging": {"next": {"after": "7"}} }\n'
    script.says(page(*RECORDS, start=' {"total" : 5, "results": [ ', end=end))
    envelope = client.get("/things")
    assert [bytes(raw).decode() for raw in envelope.records("results")] == RECORDS
    assert envelope.value("paging") == {"next": {"after": "7"}}
    assert envelope.value("total") == 5


def test_a_page_may_be_empty(client: ToolClient, script: Script) -> None:
    assert received(client, script, page()) == []


@pytest.mark.parametrize("body", [b"{}", b'{"results":null}', b'{"results":{}}', b'{"result":[]}'])
def test_a_page_without_its_list_is_never_taken_for_no_records(
    client: ToolClient, script: Script, body: bytes
) -> None:
    script.says(Answer(body))
    with pytest.raises(Unavailable, match="GET /things"):
        client.get("/things").records("results")


def test_parts_that_are_not_there_have_a_default(client: ToolClient, script: Script) -> None:
    script.says(Answer(b'{"results":[],"total":3}'))
    envelope = client.get("/things")
    assert (envelope.value("total"), envelope.value("paging", {})) == (3, {})


def test_parts_of_every_kind_are_decoded_when_asked_for(client: ToolClient, script: Script) -> None:
    whole = {"list": [1, {"a": ["x"]}], "object": {"next": {"after": "7"}}, "no": None, "f": 1.5}
    script.says(Answer(json.dumps(whole).encode()))
    envelope = client.get("/things")
    assert {name: envelope.value(name) for name in whole} == whole


def test_a_page_that_is_no_utf8_is_no_page(client: ToolClient, script: Script) -> None:
    script.says(*[Answer(b'{"results":[{"id":"1","name":"\xff"}]}')] * 6)
    with pytest.raises(Unavailable, match="utf-8"):
        client.get("/things")


class _Answered:
    """What an envelope needs of a response."""

    def __init__(self, content: bytes) -> None:
        import httpx

        self.request = httpx.Request("GET", "http://acme/things")
        self.content = content


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    records=st.lists(_JSON, max_size=4),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 0, 3]),
    cut_emoji=st.booleans(),
)
def test_whatever_a_vendor_sends_comes_out_as_it_was(
    records: list[object], ascii_only: bool, indent: int | None, cut_emoji: bool
) -> None:
    from connectors.core.pages import Envelope

    texts = [json.dumps(r, ensure_ascii=ascii_only, indent=indent) for r in records]
    texts += ['"\\ud83d"'] * cut_emoji
    body = '{ "n":1, "results" : [' + " ,\n".join(texts) + ' ],"after":"x"}'
    envelope = Envelope(_Answered(body.encode()))  # type: ignore[arg-type]
    assert [bytes(raw).decode() for raw in envelope.records("results")] == texts
    assert (envelope.value("n"), envelope.value("after")) == (1, "x")
