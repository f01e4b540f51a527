"""Endpoints that a document describes: every shape of an answer, and nothing that is unsafe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from connectors.core.http import ToolClient
from reverse_etl.destinations.base import Row, RowOutcome
from reverse_etl.destinations.http import HttpRecords, account_of, declared, kind_of
from reverse_etl.destinations.registry import destination_for
from reverse_etl.destinations.registry import kind_of as kind_named
from reverse_etl.endpoint import ENDPOINTS, Endpoint, endpoints
from reverse_etl.engine import Engine
from reverse_etl.schema import PUBLISHED_ENDPOINT, schema_text
from reverse_etl.spec import Identifier
from sandbox.server import running
from tests.reverse_etl.bench import SPEC, Bench, wished
from tests.reverse_etl.longtail import TOKEN, Longtail
from tests.reverse_etl.proof.case import Record, Result
from tests.reverse_etl.proof.of_http import FOLDER, HttpNotes, HttpUpsert
from tests.reverse_etl.proof.schedules import random_schedules
from warehouse.clock import SystemClock
from warehouse.deliveries import Deliveries
from warehouse.errors import Misconfigured, Refused, Unauthorised, Unavailable
from warehouse.settings import HttpSettings

SAID: dict[str, Any] = {
    "name": "tried",
    "title": "Tried",
    "description": "What is tried here.",
    "auth": "none",
    "rate": {"requests": 1000, "seconds": 1},
    "batch_size": 10,
    "write": {"upsert": {"path": "/v1/{object}", "answer": {}}},
}
RESULTS = {"named_by": "key", "name": "ref", "error": "problem", "id": "id"}
ROWS = [Row(f"k{n}", {"score": n}, str(n)) for n in range(3)]


def said(**more: Any) -> dict[str, Any]:
    return SAID | more


def written(answer: dict[str, Any], **more: Any) -> dict[str, Any]:
    return said(write={"upsert": {"path": "/v1/{object}", "answer": answer}}, **more)


@contextmanager
def tried(
    document: dict[str, Any], tool: Longtail | None = None, **settings: str
) -> Iterator[tuple[Longtail, HttpRecords]]:
    """A destination of this document, and the tool on loopback behind it."""
    one, app = Endpoint.model_validate(document), tool or Longtail()
    source = account_of(one)
    with running(app) as url:
        given = source.settings.model_validate({"base_url": url, **settings})
        http = HttpSettings(max_attempts=2, backoff_seconds=0, max_wait_seconds=1)
        with ToolClient(
            one.name,
            given.url,
            source.authorise(given),
            budget=source.budget,
            headers=source.headers,
            http=http,
            clock=SystemClock(),
            secrets=given.secrets(),
            classify=source.classify,
        ) as client:
            yield app, kind_of(one)(client, "accounts", "ref")


def outcomes(document: dict[str, Any], answer: Any, status: int = 200) -> dict[str, RowOutcome]:
    app = Longtail()
    app.says = lambda *_: (status, answer)
    with tried(document, app) as (_, destination):
        found = destination.write("upsert", ROWS)
    assert len({one.trace for one in found}) == len(found)
    return {one.trace: one for one in found}


def short(found: dict[str, RowOutcome]) -> dict[str, str]:
    return {trace: one.outcome[:3] for trace, one in found.items()}


# -- what is sent -----------------------------------------------------------------------------

SHAPES: list[tuple[dict[str, Any], Any]] = [
    ({}, [{"score": 0, "ref": "k0"}, {"score": 1, "ref": "k1"}]),
    ({"under": "rows"}, {"rows": [{"score": 0, "ref": "k0"}, {"score": 1, "ref": "k1"}]}),
    (
        {"under": "data.rows", "key": "meta.id", "fields": "f", "constants": {"v": 1}},
        {
            "v": 1,
            "data": {
                "rows": [
                    {"meta": {"id": "k0"}, "f": {"score": 0}},
                    {"meta": {"id": "k1"}, "f": {"score": 1}},
                ]
            },
        },
    ),
]


@pytest.mark.parametrize(("body", "sent"), SHAPES)
def test_an_array_of_records_lies_where_the_document_says(body: dict[str, Any], sent: Any) -> None:
    write = {"path": "/v1/{object}", "body": body, "answer": {}}
    app = Longtail()
    app.says = lambda *_: (200, {})
    with tried(said(write={"upsert": write}), app) as (_, destination):
        destination.write("upsert", ROWS[:2])
    ((method, path, _, seen),) = app.asked
    assert (method, path, seen) == ("POST", "/v1/accounts", sent)


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"shape": "object"}, {"score": 1, "ref": "a/b ü"}),
        ({"shape": "object", "under": "x"}, {"x": {"score": 1, "ref": "a/b ü"}}),
        (
            {"shape": "object", "constants": {"v": 1}, "fields": "f"},
            {"v": 1, "ref": "a/b ü", "f": {"score": 1}},
        ),
        (None, None),
    ],
)
def test_one_record_is_named_in_the_path_and_lies_in_the_body(
    body: dict[str, Any] | None, sent: Any
) -> None:
    write = {"path": "/v1/{object}/{key}", "method": "PUT", "body": body, "answer": {}}
    app = Longtail()
    app.says = lambda *_: (204, None)
    with tried(said(write={"upsert": write}, batch_size=1), app) as (_, destination):
        (one,) = destination.write("upsert", [Row("a/b ü", {"score": 1}, "1")])
    assert one.outcome == "acknowledged"
    ((method, path, _, seen),) = app.asked
    assert (method, path.encode("latin-1").decode(), seen) == ("PUT", "/v1/accounts/a/b ü", sent)


def test_an_object_may_be_several_steps_of_the_path_and_a_key_is_one() -> None:
    write: dict[str, Any] = {"path": "/v1/{object}/{key}", "answer": {}, "body": None}
    with tried(said(write={"delete": write}, batch_size=1)) as (_, destination):
        flow = type(destination)(destination._client, "flows/n 9", "ref")
        assert flow._path("/v1/{object}/{key}", "a/b") == "/v1/flows/n%209/a%2Fb"


@pytest.mark.parametrize(
    ("auth", "settings", "header", "value"),
    [
        ({"auth": "none"}, {}, "AUTHORIZATION", None),
        ({"auth": "bearer"}, {"token": "t0k3n"}, "AUTHORIZATION", "Bearer t0k3n"),
        (
            {"auth": "basic"},
            {"username": "me", "password": "p4ss"},
            "AUTHORIZATION",
            "Basic bWU6cDRzcw==",
        ),
        ({"auth": "header", "auth_header": "X-Key"}, {"token": "t0k3n"}, "X_KEY", "t0k3n"),
    ],
)
def test_the_credential_goes_where_the_document_says(
    auth: dict[str, str], settings: dict[str, str], header: str, value: str | None
) -> None:
    app = Longtail()
    app.says = lambda *_: (200, {})
    with tried(said(**auth, headers={"X-More": "1"}), app, **settings) as (_, destination):
        destination.write("upsert", ROWS)
    ((_, _, headers, _),) = app.asked
    assert headers.get(header) == value
    assert headers["X_MORE"] == "1"


# -- what is answered -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "told", "found"),
    [
        ({}, None, {"0": "ack", "1": "ack", "2": "ack"}),
        ({}, {"anything": 1}, {"0": "ack", "1": "ack", "2": "ack"}),
        ({"sign": "job.id"}, {"job": {"id": 5}}, {"0": "ack", "1": "ack", "2": "ack"}),
        ({"sign": "job.id"}, {"job": {}}, {}),
        ({"sign": "job.id"}, None, {}),
        (
            {"rejected": {"at": "errors", "named_by": "number", "name": "row"}},
            {"errors": [{"row": 1}]},
            {"0": "ack", "1": "rej", "2": "ack"},
        ),
        (
            {"rejected": {"at": "errors", "named_by": "number", "name": "row"}},
            {"errors": [{"row": 1}, {"row": 7}, {"row": True}]},
            {"1": "rej"},
        ),
        (
            {"rejected": {"at": "errors", "named_by": "key", "name": "id"}, "sign": "ok"},
            {"errors": [{"id": "k2"}]},
            {"2": "rej"},
        ),
        (
            {"results": RESULTS},
            [{"ref": "k0"}, {"ref": "k1", "problem": "no"}],
            {"0": "ack", "1": "rej"},
        ),
        ({"results": RESULTS}, [{"ref": "k0"}, {"ref": "k0", "problem": "no"}], {}),
        ({"results": RESULTS}, [{"ref": "k0", "id": 1}, {"ref": "k1", "id": 1}], {}),
        ({"results": RESULTS}, [{"ref": "unknown"}, 5, None], {}),
        ({"results": RESULTS}, {"results": []}, {}),
        (
            {"results": {"named_by": "place", "error": "problem"}},
            [{}, {"problem": {"code": 1}}, {}],
            {"0": "ack", "1": "rej", "2": "ack"},
        ),
        ({"results": {"named_by": "place", "error": "problem"}}, [{}, {}], {}),
        (
            {"results": {"at": "r", "named_by": "number", "name": "n", "status": "s", "ok": [200]}},
            {"r": [{"n": 2, "s": 200}, {"n": 0, "s": 409}, {"n": 1}]},
            {"0": "rej", "1": "rej", "2": "ack"},
        ),
        (
            {
                "results": {**RESULTS, "at": "done"},
                "rejected": {"at": "failed", "named_by": "key", "name": "ref", "error": "why"},
            },
            {"done": [{"ref": "k0"}, {"ref": "k1"}], "failed": [{"ref": "k1", "why": "no"}]},
            {"0": "ack", "1": "rej"},
        ),
    ],
)
def test_an_answer_speaks_of_the_rows_that_it_names(
    answer: dict[str, Any], told: Any, found: dict[str, str]
) -> None:
    assert short(outcomes(written(answer), told)) == found


def test_a_rejection_tells_the_tools_reason_and_whether_it_passes() -> None:
    results = {"named_by": "key", "name": "ref", "status": "s", "ok": ["ok"], "error": "e.text"}
    told = [
        {"ref": "k0", "s": "bad", "e": {"text": "too long"}},
        {"ref": "k1", "s": "locked", "e": {"text": "later"}},
        {"ref": "k2", "s": 503},
    ]
    found = outcomes(written({"results": results}, transient=["locked", 503]), told)
    assert [(one.reason, one.error) for one in found.values()] == [
        ("bad: too long", "permanent"),
        ("locked: later", "transient"),
        ("503", "transient"),
    ]


@pytest.mark.parametrize(
    ("status", "statuses", "error"),
    [
        (400, {}, Refused),
        (422, {}, Refused),
        (401, {}, Unauthorised),
        (500, {}, Unavailable),
        (429, {}, Unavailable),
        (409, {409: "retry"}, Unavailable),
        (418, {418: "authorise"}, Unauthorised),
        (500, {500: "refuse"}, Refused),
    ],
)
def test_a_status_means_what_it_means_everywhere_or_what_the_document_says(
    status: int, statuses: dict[int, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        outcomes(written({}, statuses=statuses), {"x": 1}, status)


def test_a_status_that_the_document_takes_is_read_for_its_rows() -> None:
    results = written({"results": RESULTS}, statuses={409: "take"})
    assert short(outcomes(results, [{"ref": "k1", "problem": "x"}], 409)) == {"1": "rej"}


@pytest.mark.parametrize("body", [b"<html>fine</html>", b'{"half": ', b"OK"])
def test_a_page_with_a_good_status_is_no_answer(body: bytes) -> None:
    with pytest.raises(Unavailable):
        outcomes(written({}), body)


def test_what_may_not_happen_twice_is_asked_for_once() -> None:
    for repeatable, asked in ((True, 2), (False, 1)):
        app = Longtail()
        app.says = lambda *_: (500, {})
        write = {"path": "/x", "answer": {}, "is_repeatable": repeatable}
        document = said(write={"upsert": write}, doubt=None if repeatable else "at_most_once")
        with tried(document, app) as (_, destination), pytest.raises(Unavailable):
            destination.write("upsert", ROWS)
        assert len(app.asked) == asked


REJECTED = {"rejected": {"at": "failed", "named_by": "key", "name": "ref", "error": "why"}}


@pytest.mark.parametrize(
    ("failed", "found"),
    [
        # Two reasons for one record are one rejection.
        (
            [{"ref": "k1", "why": "too long"}, {"ref": "k1", "why": "no date"}],
            {"1": "rej", "0": "ack", "2": "ack"},
        ),
        # Of whom it speaks is not known: it may be any.
        ([{"ref": "K1 ", "why": "no"}], {}),
        ([{"why": "no"}], {}),
        (["k1"], {}),
        ([{"ref": "k0", "why": "no"}, {"ref": "other", "why": "no"}], {"0": "rej"}),
        ({"k1": "no"}, {}),
        ("one failed", {}),
        (1, {}),
        ([], {"0": "ack", "1": "ack", "2": "ack"}),
        (None, {"0": "ack", "1": "ack", "2": "ack"}),
    ],
)
def test_a_rejection_that_is_not_understood_lets_no_other_row_pass(
    failed: Any, found: dict[str, str]
) -> None:
    assert short(outcomes(written(REJECTED), {"failed": failed})) == found


def test_every_reason_for_a_record_is_told() -> None:
    told = {"failed": [{"ref": "k1", "why": "too long"}, {"ref": "k1", "why": "no date"}]}
    assert outcomes(written(REJECTED), told)["1"].reason == "too long; no date"


def test_an_answer_of_many_statuses_is_none_for_every_row() -> None:
    """207 says that the rows fared differently: without their results nobody knows how."""
    assert outcomes(written({}), {"anything": 1}, 207) == {}
    assert short(outcomes(written({"results": RESULTS}), [{"ref": "k1"}], 207)) == {"1": "ack"}
    assert short(outcomes(written(REJECTED), {"failed": [{"ref": "k0", "why": "no"}]}, 207)) == {
        "0": "rej",
        "1": "ack",
        "2": "ack",
    }


@pytest.mark.parametrize("status", [301, 302, 307, 308, 404, 405, 410, 415])
def test_an_address_that_is_wrong_is_no_rejection_of_rows(status: int) -> None:
    with pytest.raises(Misconfigured, match=str(status)):
        outcomes(written({}), {"x": 1}, status)


def test_a_record_that_is_not_at_its_address_is_a_rejection() -> None:
    app = Longtail()
    app.says = lambda *_: (404, {"no": "such record"})
    document = said(write={"upsert": {"method": "PUT", **ONE}}, batch_size=1)
    with tried(document, app) as (_, destination), pytest.raises(Refused, match="such record"):
        destination.write("upsert", ROWS[:1])


@pytest.mark.parametrize("key", ["", ".", ".."])
def test_a_key_that_leads_to_another_address_is_never_asked_for(key: str) -> None:
    """Else what is deleted could be all that lies at the address above."""
    document = said(
        write={"delete": {"method": "DELETE", **ONE, "body": None}},
        read={"path": "/x/{key}"},
        batch_size=1,
    )
    app = Longtail()
    app.says = lambda *_: (200, {})
    with tried(document, app) as (_, destination):
        (outcome,) = destination.write("delete", [Row(key, {}, "7")])
        assert destination.read([key], []) == {}
    assert (outcome.outcome, outcome.error) == ("rejected", "permanent")
    assert app.asked == []


def test_keys_are_read_in_as_many_addresses_as_they_need() -> None:
    keys = [f"{'株式会社' * 20}{number}" for number in range(40)]
    app = Longtail()
    app.records = {key: {"ref": key, "attributes": {"n": 1}} for key in keys}
    document = yaml.safe_load((FOLDER / "longtail.yaml").read_text("utf-8"))
    with tried(document, app, token=TOKEN) as (_, destination):
        assert destination.read(keys, ["n"]).keys() == set(keys)
    assert len(app.asked) > 1


def test_a_row_that_could_not_be_read_back_is_not_sent() -> None:
    document = yaml.safe_load((FOLDER / "longtail.yaml").read_text("utf-8"))
    with tried(document, token=TOKEN) as (app, destination):
        found = destination.write("upsert", [Row("a,b", {"n": 1}, "1"), Row("c", {"n": 1}, "2")])
    assert {one.trace: one.outcome for one in found} == {"1": "rejected", "2": "acknowledged"}
    assert app.records.keys() == {"c"}


def test_half_a_character_is_refused_before_it_is_sent() -> None:
    with tried(said()) as (app, destination), pytest.raises(Refused, match="half a character"):
        destination.write("upsert", [Row("k", {"text": ["half \ud83d"]}, "1")])
    assert app.asked == []


def test_a_field_where_the_key_goes_is_a_fault() -> None:
    with tried(said(fields=["score", "ref"])) as (_, destination):
        assert destination.faults(["ref"]) == ["'ref' is where the key goes, written by itself"]


# -- what is read back ------------------------------------------------------------------------


def test_one_record_at_a_time_is_read_and_404_is_none() -> None:
    app = Longtail()
    app.says = lambda _, path, __: (
        (200, {"record": {"f": {"score": 5}}}) if path.endswith("k1") else (404, {"no": 1})
    )
    read = {"path": "/v1/{object}/{key}", "at": "record", "fields": "f"}
    with tried(said(read=read), app) as (_, destination):
        assert destination.read(["k0", "k1"], ["score"]) == {"k1": {"score": 5}}


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"data": {}}, None])
def test_an_answer_without_the_list_says_nothing_of_the_records(answer: Any) -> None:
    app = Longtail()
    app.says = lambda *_: (200, answer)
    read = {"path": "/v1/{object}", "keys": "refs", "at": "data", "key": "ref"}
    with tried(said(read=read), app) as (_, destination), pytest.raises(Unavailable):
        destination.read(["k0"], ["score"])


PAGED = {"path": "/v1/{object}", "keys": "refs", "at": "data", "key": "ref", "token": "page"}


def paged(pages: dict[str, tuple[list[str], Any]]) -> Longtail:
    """A tool that tells a page for each token, and of the next one; the first has no token."""
    app = Longtail()

    def told(method: str, _: str, body: Any) -> tuple[int, Any]:
        sent = (body or {}).get("page") if method == "POST" else app.query.get("page", [None])[0]
        refs, more = pages[sent or ""]
        data = [{"ref": one, "score": len(one)} for one in refs]
        return 200, {"data": data, "paging": {"next": more}}

    app.says = told
    return app


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "more",
    ["t2", "https://elsewhere.example/v1/x?size=1&page=t2", "/v1/x?page=t2", "?page=t2"],
)
def test_all_pages_of_what_is_read_are_asked_for(method: str, more: str) -> None:
    """An address is not followed, wherever it leads: the page's name is taken out of it."""
    app = paged({"": (["a"], more), "t2": (["bb"], None)})
    read = {**PAGED, "method": method, "next": "paging.next"}
    with tried(said(read=read), app) as (_, destination):
        held = destination.read(["a", "bb", "c"], ["score"])
    assert {key: one["score"] for key, one in held.items()} == {"a": 1, "bb": 2}
    assert [(asked[0], asked[1]) for asked in app.asked] == [(method, app.asked[0][1])] * 2


@pytest.mark.parametrize("more", ["t2", "/v1/x?cursor=t3"])
def test_pages_without_an_end_or_a_name_are_an_answer_to_nothing(more: str) -> None:
    app = paged({"": (["a"], "t2"), "t2": (["bb"], more)})
    with (
        tried(said(read={**PAGED, "next": "paging.next"}), app) as (_, destination),
        pytest.raises(Unavailable, match=r"have no end|told without page"),
    ):
        destination.read(["a", "bb"], ["score"])


def test_a_key_with_a_comma_is_not_asked_for_among_others() -> None:
    """No row with it has been sent."""
    read = {"path": "/v1/{object}", "keys": "refs", "at": "data", "key": "ref"}
    with tried(said(read=read)) as (app, destination):
        assert destination.read(["a,b"], ["score"]) == {}
    assert app.asked == []


# -- what nobody can read ---------------------------------------------------------------------


class Events(HttpNotes):
    """Made at least once, and thrown away at the other end if they have been seen."""

    name = "http events"
    faults = ("empty_success", "token_expiry", "refused_whole")
    write_path = "/events"
    document = "longtail_events"

    def wish(self, number: int, version: int) -> Record:  # noqa: ARG002 - the first one stays
        text, counter = self.fields
        return {text: f"row {number}", counter: 0}

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:  # noqa: ARG002 - all
        return [answer]

    def composed(self, results: list[Result]) -> Any:
        return results[0] if results else {}

    def held(self, app: Longtail) -> list[tuple[str, str, Record]]:
        return [(one["ref"], one["dedup"], one) for one in app.events.values()]


@pytest.mark.parametrize("case", [Events, HttpUpsert])
def test_what_is_sent_is_there_once_whatever_happens(case: type[HttpUpsert]) -> None:
    """A few schedules of each; `make prove` has thousands."""
    tally = random_schedules(case, range(8))
    assert tally.violations == []
    assert tally.killed_at.total() > 2


def named(document: dict[str, Any], rows: list[Row], operation: Any) -> list[str]:
    app = Longtail()
    app.says = lambda *_: (200, {})
    with tried(document, app) as (_, destination):
        destination.write(operation, rows)
    ((_, _, headers, body),) = app.asked
    return [headers["ONCE"]] if "ONCE" in headers else [one["once"] for one in body]


def test_a_record_that_is_made_once_has_one_name_for_ever() -> None:
    write = {"create": {"path": "/x", "answer": {}}, "upsert": {"path": "/x", "answer": {}}}
    for idempotency, size in (({"header": "Once"}, 1), ({"field": "once"}, 10)):
        document = said(write=write, idempotency=idempotency, batch_size=size)
        row, later = Row("k", {"a": 1}, "70"), Row("k", {"a": 2}, "71")
        assert named(document, [row], "create") == named(document, [later], "create")
        assert named(document, [row], "create") != named(document, [Row("j", {}, "70")], "create")
        # An older value may come back, and must not be taken for one that was seen.
        assert named(document, [row], "upsert") != named(document, [later], "upsert")


@pytest.mark.parametrize(("doubt", "arrived"), [("at_most_once", True), ("at_least_once", False)])
def test_the_document_decides_what_nobody_can_find_out(
    bench: Bench, doubt: str, *, arrived: bool
) -> None:
    document = said(write={"create": {"path": "/x", "answer": {}}}, doubt=doubt)
    app = Longtail()
    app.says = lambda *_: (500, {})
    with tried(document, app) as (_, destination):
        bench.judge()
        bench.wish([wished(1)])
        engine = Engine(SPEC.name, destination, Deliveries(bench.state), SystemClock())
        delivery = engine.apply(bench.plan(SPEC.model_copy(update={"mode": "create_only"})), "run")
        assert delivery.outcomes == {"unknown": 1}
        assert len(app.asked) == 1
        recovery = engine.recover()
    assert (recovery.delivered, recovery.abandoned) == ((1, 0) if arrived else (0, 1))


# -- what is refused before anything is sent ------------------------------------------------------

CREATES: dict[str, Any] = {"create": {"path": "/x", "answer": {}}}
ONE: dict[str, Any] = {"path": "/x/{key}", "answer": {}}


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"write": CREATES}, "create may not happen twice"),
        (
            {"write": {"upsert": {"path": "/x", "answer": {}, "is_repeatable": False}}},
            "upsert may not happen twice",
        ),
        (
            {"write": CREATES, "idempotency": {"header": "X"}},
            "a header names a whole batch",
        ),
        ({"doubt": "at_most_once"}, "upsert may happen twice"),
        (
            {"write": CREATES, "doubt": "at_most_once", "read": {"path": "/x/{key}"}},
            "doubt is for what cannot be read",
        ),
        ({"write": {"upsert": ONE}}, "one record at a time"),
        (
            {"write": {"upsert": {"path": "/x", "body": None, "answer": {}}}, "batch_size": 1},
            "names no record",
        ),
        ({"write": {"upsert": {"path": "/x/{nobody}", "answer": {}}}}, "{nobody}"),
        ({"auth": "header"}, "auth_header"),
        ({"idempotency": {}}, "either header or field"),
        ({"read": {"path": "/x"}}, "{key} in the path, or keys"),
        ({"read": {"path": "/x", "keys": "k"}}, "a list needs key"),
        ({"read": PAGED}, "pages need next and token"),
        ({"read": {"path": "/x", "keys": "k", "key": "r", "next": "n"}}, "pages need next"),
        ({"read": {"path": "/x/{key}", "next": "n", "token": "p"}}, "pages need next"),
        (
            {"write": {"upsert": {"path": "/x", "answer": {"results": {"named_by": "place"}}}}},
            "nothing tells a no",
        ),
        ({"colour": "red"}, "colour"),
        ({"write": {"upsert": {"path": "x", "answer": {}}}}, "path"),
        ({"write": {}}, "write"),
    ],
)
def test_what_is_unsafe_or_unknown_is_refused_with_file_and_line(
    tmp_path: Path, more: dict[str, Any], fault: str
) -> None:
    (tmp_path / "tried.yaml").write_text(yaml.safe_dump(said(**more)), encoding="utf-8")
    with pytest.raises(Misconfigured) as error:
        declared(tmp_path)
    assert str(error.value).startswith("tried.yaml:")
    assert fault in str(error.value)


def test_what_is_safe_is_not_refused() -> None:
    for more in (
        {},
        {"write": CREATES, "doubt": "at_least_once"},
        {"write": CREATES, "idempotency": {"field": "once"}},
        {"write": CREATES, "idempotency": {"header": "Once"}, "batch_size": 1},
        {"write": CREATES, "read": {"path": "/x/{key}"}},
        {"write": {"upsert": ONE}, "batch_size": 1},
    ):
        Endpoint.model_validate(said(**more))


def test_fields_that_the_document_does_not_name_are_faults() -> None:
    with tried(said(fields=["score"])) as (app, destination):
        assert destination.faults(["score"]) == []
        assert destination.faults(["scare"]) == ["tried takes no 'scare'"]
        unnamed = type(destination)(destination._client, "accounts", None)
        (fault,) = unnamed.faults(["score"])
        assert "identify_by.field" in fault
    assert app.asked == []


def test_a_sync_that_asks_for_more_than_the_document_has_is_refused() -> None:
    spec = SPEC.model_copy(
        update={
            "destination": "webhook",
            "mode": "mirror",
            "identify_by": Identifier(column="account_id", field="ref"),
        }
    )
    with (
        tried(said()) as (_, destination),
        pytest.raises(Misconfigured, match="cannot archive nor upsert"),
    ):
        destination_for(spec, destination._client)
    assert not kind_named("webhook").is_readable


# -- the documents that are there -----------------------------------------------------------------

DOCUMENTS = [*sorted(ENDPOINTS.glob("*.yaml")), *sorted(FOLDER.glob("*.yaml"))]


def test_the_published_schema_of_an_endpoint_is_current() -> None:
    assert PUBLISHED_ENDPOINT.read_text("utf-8") == schema_text(Endpoint), "run `make schema`"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_an_endpoint_names_the_schema_and_keeps_to_it(path: Path) -> None:
    validator = Draft202012Validator(json.loads(PUBLISHED_ENDPOINT.read_text("utf-8")))
    text = path.read_text("utf-8")
    comment, _, schema = text.splitlines()[0].partition("$schema=")
    assert comment == "# yaml-language-server: "
    assert (path.parent / schema).resolve() == PUBLISHED_ENDPOINT
    assert list(validator.iter_errors(yaml.safe_load(text))) == []
    assert not validator.is_valid(yaml.safe_load(text) | {"colour": "red"})


def test_every_document_can_be_read_and_carried_out() -> None:
    for folder in (ENDPOINTS, FOLDER):
        for name, one in endpoints(folder).items():
            account, kind = declared(folder)[name]
            assert account.name == name
            assert kind.operations == frozenset(one.write)


def test_what_is_written_is_read_back_as_it_is() -> None:
    document = yaml.safe_load((FOLDER / "longtail.yaml").read_text("utf-8"))
    with tried(document, token=TOKEN) as (_, destination):
        rows = [Row("k1", {"a": 1, "b": {"c": [1, None]}}, "1"), Row("k2", {"a": None}, "2")]
        assert [one.tool_id for one in destination.write("upsert", rows)] == ["id k1", "id k2"]
        assert destination.read(["k1", "k2", "k3"], ["a", "b"]) == {
            "k1": {"a": 1, "b": {"c": [1, None]}},
            "k2": {"a": None},
        }
    with tried(document, token="wrong") as (_, destination), pytest.raises(Unauthorised):
        destination.write("upsert", rows)
