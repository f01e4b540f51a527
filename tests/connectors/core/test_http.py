from __future__ import annotations

import base64
import json
import logging
import time
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from connectors.core.auth import ClientCredentialsAuth
from connectors.core.http import Account, ToolClient
from connectors.core.pace import Allowance, Budget
from connectors.core.wire import Texts
from tests.connectors.core.conftest import NOW, TOKEN, Answer, MakeClient, Script, document
from warehouse.clock import FixedClock
from warehouse.errors import Misconfigured, Refused, RevopsError, Unauthorised, Unavailable
from warehouse.settings import HttpSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

GOOD = document({"results": [1]})


@pytest.mark.parametrize(
    "bad",
    [
        document({"message": "slow down"}, 429),
        document({"message": "later"}, 408),
        document({"message": "oops"}, 500),
        Answer(b"<html>Bad gateway</html>", 502),
        Answer(b"<html>Please sign in to the hotel's network</html>", 200),
        Answer(b'{"results":[1,2'),
        Answer(b""),
        Answer(b"[]"),
        Answer(b'{"results":["\xff"]}'),
        Answer(b"not gzip", headers={"Content-Encoding": "gzip"}),
        Answer(zlib.compress(b'{"results":[1]}')[:5], headers={"Content-Encoding": "deflate"}),
        Answer(b'{"results":[1]}', headers={"Content-Length": "99"}),
    ],
    ids=[
        "429",
        "408",
        "500",
        "502 html",
        "200 html",
        "torn json",
        "nothing",
        "a list",
        "not utf-8",
        "not gzip",
        "torn deflate",
        "closed early",
    ],
)
def test_what_may_pass_is_tried_again_and_then_unavailable(
    client: ToolClient, script: Script, bad: Answer
) -> None:
    if "99" in bad.headers.values():
        bad.headers["Connection"] = "close"
    script.says(bad, bad, GOOD)
    assert len(client.get("/things").records("results")) == 1
    assert len(script.asked) == 3
    script.says(bad)
    with pytest.raises(Unavailable, match="acme did not take GET /things in 3 attempts") as caught:
        client.get("/things")
    assert caught.value.exit_code == 5
    assert "run the command again" in str(caught.value)
    assert len(script.asked) == 3


def test_nobody_at_the_address_is_unavailable() -> None:
    http = HttpSettings(max_attempts=2, backoff_seconds=0.01)
    budget, clock = Budget(100, 1), FixedClock(NOW)
    url = "http://127.0.0.1:1"
    with ToolClient("acme", url, httpx.Auth(), budget=budget, http=http, clock=clock) as client:
        with pytest.raises(Unavailable, match="in 2 attempts: ConnectError"):
            client.get("/things")
        assert client.requests_sent == 2


def test_a_wrong_credential_names_the_settings_and_the_scopes(
    client: ToolClient, script: Script
) -> None:
    script.says(document({"message": f"who is {TOKEN}?"}, 401))
    with pytest.raises(Unauthorised) as caught:
        client.get("/things")
    shown = str(caught.value)
    assert caught.value.exit_code == 2
    assert "REVOPS_ACME__TOKEN" in shown
    assert "things.read" in shown
    assert "who is ***?" in shown
    assert len(script.asked) == 1


def test_a_missing_right_names_the_scopes(make_client: MakeClient, script: Script) -> None:
    script.says(document({"message": f"{TOKEN} may not"}, 403))
    with pytest.raises(Misconfigured, match=r"things\.read") as caught:
        make_client().get("/things")
    assert caught.value.exit_code == 2
    assert "*** may not" in str(caught.value)
    lacking = Account(("REVOPS_ACME__TOKEN",), "many scopes", lambda _: ["things.write"])
    with pytest.raises(Misconfigured, match=r"lacks things\.write"):
        make_client(account=lacking).get("/things")
    assert len(script.asked) == 2


@pytest.mark.parametrize("status", [301, 400, 404, 409, 422])
def test_any_other_no_is_final_and_in_the_vendors_own_words(
    client: ToolClient, script: Script, status: int
) -> None:
    script.says(document({"message": f"{TOKEN} is no thing", "long": "x" * 2_000}, status))
    with pytest.raises(Refused, match="acme refused GET /things") as caught:
        client.get("/things")
    assert caught.value.status == status
    assert "*** is no thing" in caught.value.body
    assert caught.value.body.count("x") == 2_000
    assert len(str(caught.value)) < 600
    assert len(script.asked) == 1


def test_the_vendor_may_correct_what_a_status_means(
    make_client: MakeClient, script: Script
) -> None:
    client = make_client(classify=lambda r: "retry" if "slow down" in r.text else None)
    script.says(Answer(b"slow down", 403), GOOD)
    client.get("/things")
    script.says(Answer(b"no right", 403))
    with pytest.raises(Misconfigured):
        client.get("/things")


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(client: ToolClient, script: Script, status: int) -> None:
    script.says(document({}, status, **{"Retry-After": "0.6"}), GOOD)
    began = time.monotonic()
    client.get("/things")
    assert 0.6 <= time.monotonic() - began < 3


def test_a_longer_wait_than_ours_is_told_and_not_shortened(
    make_client: MakeClient, script: Script
) -> None:
    client = make_client(http=HttpSettings(max_attempts=2, backoff_seconds=0))
    script.says(document({}, 429, **{"Retry-After": "86400"}), GOOD)
    with pytest.raises(Unavailable, match="asks to wait 86400 s"):
        client.get("/things")
    assert len(script.asked) == 1


def test_an_instant_to_retry_after_is_understood_by_the_vendors_clock(
    client: ToolClient, script: Script
) -> None:
    slow = {"Retry-After": "Fri, 20 Nov 2026 09:00:01 GMT", "Date": "Fri, 20 Nov 2026 09:00:00 GMT"}
    script.says(document({}, 429, **slow), GOOD)
    began = time.monotonic()
    client.get("/things")
    assert 1 <= time.monotonic() - began < 3


def test_the_part_of_the_day_that_is_kept_for_people_is_not_spent(
    make_client: MakeClient, script: Script
) -> None:
    def allowances(response: httpx.Response, now: datetime) -> list[Allowance]:
        return [Allowance(1_000, int(response.headers["Left"]), 3_600, per="day")]

    client = make_client(allowances=allowances)
    script.says(document({"results": []}, Left="100"))
    client.get("/things")
    script.says(document({"results": []}, Left="99"))
    with pytest.raises(Unavailable, match="kept for people"):
        client.get("/things")


@pytest.mark.parametrize("asked", ["soon", "", "Fri, 20 Nov 2026 09:00:00 GMT", "-3", "²"])
def test_an_unreadable_retry_after_means_back_off(
    client: ToolClient, script: Script, asked: str
) -> None:
    script.says(Answer(b"{}", 429, {"Retry-After": asked.encode().decode("latin-1")}), GOOD)
    client.get("/things")


def test_a_request_that_may_not_be_repeated_is_sent_once(
    client: ToolClient, script: Script
) -> None:
    script.says(Answer(b"oops", 500))
    with pytest.raises(Unavailable, match="in 1 attempts"):
        client.request("POST", "/things", json={}, idempotent=False)
    assert script.asked == ["POST /things"]


@pytest.mark.parametrize(
    ("first", "method", "error"),
    [
        # The first may have been carried out, though the second is refused.
        (Answer(b"oops", 500), "POST", Unavailable),
        (Answer(b"slow down", 429), "POST", Refused),
        (Answer(b"oops", 500), "GET", Refused),
    ],
)
def test_a_refusal_after_a_lost_answer_refuses_nothing(
    client: ToolClient, script: Script, first: Answer, method: str, error: type[Exception]
) -> None:
    script.says(first, Answer(b"bad row", 400))
    with pytest.raises(error, match="refused"):
        client.request(method, "/things", json={} if method == "POST" else None)
    assert script.asked == [f"{method} /things"] * 2


def test_the_vendors_clock_is_the_one_that_counts(client: ToolClient, script: Script) -> None:
    assert client.source_time() == NOW
    script.says(Answer(headers={"Date": "Sat, 21 Nov 2026 12:00:00 GMT"}))
    client.get("/things")
    assert client.source_time() == datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_date_that_is_none_is_passed_over(client: ToolClient, script: Script) -> None:
    script.says(Answer(headers={"Date": "yesterday"}))
    client.get("/things")
    assert client.source_time() == NOW


def test_requests_keep_within_the_budget(make_client: MakeClient) -> None:
    client = make_client(budget=Budget(requests=2, seconds=0.5))
    began = time.monotonic()
    for _ in range(4):
        client.get("/things")
    assert time.monotonic() - began >= 0.45


# -- secrets ---------------------------------------------------------------------------------


def echo(environ: WSGIEnvironment) -> Answer:
    """A proxy's debugging page: it shows the whole request."""
    sent = environ["wsgi.input"].read().decode()
    return Answer(f"you sent {environ.get('HTTP_AUTHORIZATION')} and {sent}".encode(), 400)


def error_of(client: ToolClient, kind: type[RevopsError] = Refused) -> str:
    with pytest.raises(kind) as caught:
        client.get("/things")
    return f"{caught.value} {caught.value!r} {caught.value.__cause__!r} {vars(caught.value)}"


def test_a_bearer_token_is_shown_nowhere(
    client: ToolClient, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    script.says(echo)
    shown = error_of(client) + repr(client) + caplog.text
    assert "you sent Bearer ***" in shown
    assert TOKEN not in shown


def test_a_basic_password_is_shown_nowhere_in_any_form(
    make_client: MakeClient, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = make_client(httpx.BasicAuth("staff/token", "p4ssw0rd"), secrets=["p4ssw0rd"])
    script.says(echo)
    shown = error_of(client) + repr(client) + caplog.text
    assert "you sent Basic" in shown
    assert "p4ssw0rd" not in shown
    assert base64.b64encode(b"staff/token:p4ssw0rd").decode() not in shown


def oauth(script: Script) -> ClientCredentialsAuth:
    return ClientCredentialsAuth(f"{script.url}/token", "app", "cl1ent-s3cret")


def test_a_client_secret_and_the_tokens_it_buys_are_shown_nowhere(
    make_client: MakeClient, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = make_client(oauth(script), secrets=["cl1ent-s3cret"])
    script.says(echo)
    shown = error_of(client)
    script.says(document({"access_token": "first-t0ken"}), Answer(b"", 401))
    script.says(
        document({"access_token": "first-t0ken"}),
        Answer(b"expired", 401),
        document({"access_token": "second-t0ken"}),
        lambda e: Answer(f"{echo(e).body.decode()} was first-t0ken".encode(), 400),
    )
    shown += error_of(client) + repr(client) + caplog.text
    assert "you sent Bearer *** and  was ***" in shown
    for secret in ("cl1ent-s3cret", "first-t0ken", "second-t0ken"):
        assert secret not in shown


# -- OAuth -----------------------------------------------------------------------------------


def test_an_expired_token_is_renewed_once(make_client: MakeClient, script: Script) -> None:
    client = make_client(oauth(script))
    token = document({"access_token": "t"})
    script.says(token, Answer(b"", 401), token, GOOD)
    client.get("/things")
    assert script.asked == ["POST /token", "GET /things", "POST /token", "GET /things"]
    script.says(GOOD)
    client.get("/things")
    assert script.asked == ["GET /things"]


def test_a_token_that_is_refused_again_is_a_wrong_credential(
    make_client: MakeClient, script: Script
) -> None:
    client = make_client(oauth(script))
    no = Answer(b"no", 401)
    script.says(document({"access_token": "t"}), no, document({"access_token": "u"}), no)
    with pytest.raises(Misconfigured):
        client.get("/things")
    assert len(script.asked) == 4


@pytest.mark.parametrize(
    "bad", [Answer(b"<html>"), Answer(b'{"access_token":"abc'), Answer(b"{}"), Answer(b"[]")]
)
def test_a_token_page_that_is_not_one_is_tried_again(
    make_client: MakeClient, script: Script, bad: Answer
) -> None:
    client = make_client(oauth(script))
    script.says(bad, document({"access_token": "t"}), GOOD)
    assert len(client.get("/things").records("results")) == 1
    script.says(lambda e: bad if e["PATH_INFO"] == "/token" else Answer(b"", 401))
    with pytest.raises(Unavailable) as caught:
        client.get("/things")
    assert "abc" not in str(caught.value)


def test_the_token_endpoints_own_words_are_what_is_seen(
    make_client: MakeClient, script: Script
) -> None:
    client = make_client(oauth(script))
    script.says(document({"error": "unsupported_grant_type"}, 400))
    with pytest.raises(Refused, match="unsupported_grant_type"):
        client.get("/things")


def test_a_body_of_texts_is_sent_as_any_other(client: ToolClient, script: Script) -> None:
    taken: list[tuple[object, str]] = []

    def take(environ: WSGIEnvironment) -> Answer:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        taken.append((json.loads(body), environ["CONTENT_TYPE"]))
        return GOOD

    script.says(take)
    body = {"inputs": [{"id": "1", "properties": {"name": '株式会社 "A"\n', "note": ""}}]}
    client.post("/things", body)
    client.post("/things", Texts(body))
    assert taken == [(body, "application/json")] * 2
    with pytest.raises(Refused, match="half a character"):
        client.post("/things", Texts(name="half \ud83d"))
