"""What goes wrong between us and a vendor: tried again, then left so that the next run goes on."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from connectors.core import registry
from connectors.core.settings import load_vendor_settings
from orchestration.app import App
from orchestration.cli import main
from orchestration.steps import extract
from tests.connectors.conftest import Extraction, MakeExtraction
from tests.emulated import Vendors, key_of, landed_keys
from tests.emulation import emulations
from warehouse.errors import Misconfigured

KINDS: list[dict[str, Any]] = [
    {"kind": "rate_limit", "retry_after": 0.01},
    {"kind": "server_error"},
    {"kind": "html"},
    {"kind": "reset"},
    {"kind": "reset_after_commit"},
    {"kind": "slow", "seconds": 1.5},
    {"kind": "truncate"},
]
# One stream of each vendor, with the path that its pages come from.
STREAMS = [(name, one.broken.stream, one.broken.path) for name, one in emulations().items()]
# Each vendor says "slow down" and tears an answer in its own shape; the rest is below all of them.
every_kind_of_every_vendor = pytest.mark.parametrize(
    ("vendor", "stream", "path", "fault"),
    [
        pytest.param(
            *stream,
            fault,
            id=f"{stream[0]} {fault['kind']}",
            marks=[]
            if stream[0] == "hubspot" or fault["kind"] in {"rate_limit", "truncate"}
            else pytest.mark.slow,
        )
        for stream in STREAMS
        for fault in KINDS
    ],
)

Install = Callable[[dict[str, str]], App]


@pytest.fixture
def app(installed: Install, vendors: Vendors, fault: dict[str, Any] | None) -> App:
    """Impatient where slowness is what is tested: a busy machine is slow by itself."""
    is_slow = fault is not None and fault["kind"] == "slow"
    own = {"REVOPS_HTTP__TIMEOUT_SECONDS": "1"} if is_slow else {}
    return installed(vendors.settings() | own)


@pytest.fixture
def fault() -> None:
    """No fault, where a test names none."""


@pytest.mark.usefixtures("small_pages")
@every_kind_of_every_vendor
def test_a_fault_that_passes_is_not_noticed(
    extraction: Extraction,
    vendors: Vendors,
    *,
    vendor: str,
    stream: str,
    path: str,
    fault: dict[str, Any],
) -> None:
    vendors.fault(fault | {"vendor": vendor, "path": path, "skip": 1, "times": 2})
    result = extraction.run(vendor, stream)[stream]
    assert (result.status, result.error) == ("done", None)
    assert extraction.keys(vendor, stream) == landed_keys(vendors, vendor, stream)


@pytest.mark.usefixtures("small_pages")
@every_kind_of_every_vendor
def test_a_fault_that_stays_keeps_what_was_landed_and_the_next_run_goes_on_there(
    new_extraction: MakeExtraction,
    vendors: Vendors,
    *,
    vendor: str,
    stream: str,
    path: str,
    fault: dict[str, Any],
) -> None:
    whole, broken = new_extraction(), new_extraction()
    everything = whole.run(vendor, stream)[stream].read
    vendors.fault(fault | {"vendor": vendor, "path": path, "skip": 3, "times": None})
    result = broken.run(vendor, stream)[stream]
    assert (result.status, result.exit_code) == ("failed", 5)
    assert "in 3 attempts" in str(result.error)
    assert 0 < len(broken.log(vendor, stream)) < len(whole.log(vendor, stream))
    vendors.fault()
    time.sleep(fault.get("seconds", 0))  # what came late is counted late
    again = broken.run(vendor, stream)[stream]
    assert again.status == "done"
    assert again.read < everything
    assert broken.log(vendor, stream) == whole.log(vendor, stream)


def test_pages_that_arrived_before_a_fault_are_landed_though_no_commit_was_due(
    extraction: Extraction, vendors: Vendors
) -> None:
    path = "/crm/v3/objects/contacts"
    vendors.fault(
        {"vendor": "hubspot", "path": path, "kind": "server_error", "skip": 2, "times": None}
    )
    result = extraction.run("hubspot", "contacts")["contacts"]
    assert (result.exit_code, result.landed.versions) == (5, 200)
    cursor = extraction.cursor("hubspot", "contacts")
    assert cursor is not None
    assert cursor["backfill"] == max(extraction.keys("hubspot", "contacts"), key=int)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(
    ("vendor", "stream", "path", "field"),
    [
        ("hubspot", "contacts", "*/contacts/search", "id"),
        ("salesforce", "contacts", "*/query*[!/]", "SystemModstamp"),
    ],
)
def test_a_broken_record_at_the_end_of_a_page_does_not_break_the_cursor(
    extraction: Extraction, vendors: Vendors, *, vendor: str, stream: str, path: str, field: str
) -> None:
    if vendor == "hubspot":
        # Everything has just changed: the search after the list walks several pages.
        at = vendors.sandbox.clock.now()
        for record in vendors.records(vendor, stream):
            owner = vendors.sandbox.vendors[vendor]
            vendors.put(vendor, stream, owner.stamped(stream, record, at, new=False))
    base = {"vendor": vendor, "path": path}
    # HubSpot is asked for its count by a search too, before the reading.
    counting = 1 if vendor == "hubspot" else 0
    bad = base | {"kind": "bad_record", "field": field, "record": 10_000, "skip": counting}
    vendors.fault(bad, base | {"kind": "server_error", "skip": counting + 1, "times": None})
    result = extraction.run(vendor, stream)[stream]
    assert (result.exit_code, result.landed.rejects) == (5, 1)
    vendors.fault()
    assert extraction.run(vendor, stream)[stream].status == "done"
    records = vendors.records(vendor, stream)
    assert set(extraction.keys(vendor, stream)) == {key_of(record) for record in records}


def test_a_record_with_half_an_emoji_is_set_aside_and_the_rest_lands(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = vendors.records("hubspot", "companies")[3]
    dumps = json.dumps

    def cut(value: object, **kwargs: Any) -> str:
        text = dumps(value, **kwargs)
        return text.replace(f'"name":"{victim["properties"]["name"]}', r'"name":"cut \ud83d')

    monkeypatch.setattr("sandbox.vendor.json.dumps", cut)
    result = extraction.run("hubspot", "companies")["companies"]
    monkeypatch.undo()
    assert (result.status, result.error) == ("done", None)
    assert result.landed.rejects == 1
    (reject,) = extraction.rejects("hubspot")
    assert reject["_key"] == victim["id"]
    assert "Invalid JSON" in reject["reason"]
    assert r"cut \ud83d" in json.loads(reject["payload"])
    assert len(extraction.keys("hubspot", "companies")) == result.read - 1


# -- credentials -----------------------------------------------------------------------------


def read(app: App, *vendors: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Read these vendors, all if none is named.

    Returns:
        The exit code, the error by vendor or stream, and the report that the run log keeps.
    """
    result = extract(app, vendors)
    (run,) = app.runs.latest("extract")
    errors = {f"{one.vendor}.{one.stream}": one.error for one in result.streams if one.error}
    return result.exit_code, errors, run.report


def in_use(vendor: str) -> dict[str, str]:
    """A vendor with one read before it and one after it; all would be read many times."""
    names = list(registry.sources())
    at = names.index(vendor)
    chosen = {names[at - 1], vendor, names[(at + 1) % len(names)]}
    return {"REVOPS_VENDORS": ",".join(name for name in names if name in chosen)}


@pytest.mark.parametrize(
    ("vendor", "setting", "right"),
    [
        pytest.param(name, *one.disabling, marks=[] if name == "hubspot" else pytest.mark.slow)
        for name, one in emulations().items()
    ],
)
def test_a_vendor_without_credentials_is_passed_over_and_the_others_run(
    installed: Install, vendors: Vendors, vendor: str, setting: str, right: str
) -> None:
    settings = vendors.settings() | in_use(vendor)
    del settings[setting]
    app = installed(settings)
    exit_code, errors, _ = read(app)
    assert exit_code == 2
    (error,) = errors.values()
    assert error.startswith(f"{vendor} is disabled: {setting}")
    assert right in error
    assert ".env" in error
    with app.warehouse.open("a test") as session:
        for name in in_use(vendor)["REVOPS_VENDORS"].split(","):
            stream = registry.source(name).streams[0].name
            rows = session.value(f"select count(*) from raw_{name}.{stream}")
            assert (rows > 0) is (name != vendor)


@pytest.mark.parametrize("value", ["", "   ", "トークン", "two\nlines"])
def test_a_credential_that_cannot_be_one_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("REVOPS_HUBSPOT__TOKEN", value)
    source = registry.source("hubspot")
    with pytest.raises(Misconfigured, match="disabled: REVOPS_HUBSPOT__TOKEN") as caught:
        load_vendor_settings(source.settings, source.name, source.scopes)
    assert not value.strip() or value not in str(caught.value)


def test_space_around_a_credential_is_not_part_of_it(installed: Install, vendors: Vendors) -> None:
    settings = vendors.settings()
    token = settings["REVOPS_HUBSPOT__TOKEN"]
    app = installed(settings | {"REVOPS_HUBSPOT__TOKEN": f" {token}\n"})
    assert extract(app, ["hubspot"]).exit_code == 0


def test_an_address_that_is_none_is_a_wrong_setting(installed: Install, vendors: Vendors) -> None:
    app = installed(vendors.settings() | {"REVOPS_HUBSPOT__BASE_URL": "localhost:8900"})
    exit_code, errors, _ = read(app, "hubspot")
    assert exit_code == 2
    assert "REVOPS_HUBSPOT__BASE_URL" in errors["hubspot.*"]


@pytest.mark.parametrize(
    ("setting", "names", "right"),
    [
        ("REVOPS_HUBSPOT__TOKEN", ["REVOPS_HUBSPOT__TOKEN"], "crm.objects.companies.read"),
        (
            "REVOPS_SALESFORCE__CLIENT_SECRET",
            ["REVOPS_SALESFORCE__CLIENT_ID", "REVOPS_SALESFORCE__CLIENT_SECRET"],
            "`api`",
        ),
        (
            "REVOPS_SALESFORCE__CLIENT_ID",
            ["REVOPS_SALESFORCE__CLIENT_ID", "REVOPS_SALESFORCE__CLIENT_SECRET"],
            "`api`",
        ),
        ("REVOPS_ZENDESK__TOKEN", ["REVOPS_ZENDESK__EMAIL", "REVOPS_ZENDESK__TOKEN"], "admin"),
    ],
)
def test_a_wrong_credential_stops_its_vendor_and_names_the_settings_and_rights(
    installed: Install, vendors: Vendors, setting: str, names: list[str], right: str
) -> None:
    vendor = setting.split("_")[1].lower()
    app = installed(vendors.settings() | in_use(vendor) | {setting: "wr0ng"})
    exit_code, errors, report = read(app)
    assert exit_code == 2
    assert {name.split(".")[0] for name in errors} == {vendor}
    first = next(iter(errors.values()))
    assert all(name in first for name in names)
    assert right in first
    assert "wr0ng" not in json.dumps([errors, report])


def test_the_command_says_what_is_wrong_with_a_credential_and_ends_with_two(
    installed: Install, vendors: Vendors, capsys: pytest.CaptureFixture[str]
) -> None:
    installed(vendors.settings() | {"REVOPS_ZENDESK__TOKEN": "wr0ng"})
    with pytest.raises(SystemExit) as ended:
        main(["extract", "zendesk", "--json"])
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert "REVOPS_ZENDESK__TOKEN" in shown.out
    assert "wr0ng" not in shown.out + shown.err


def test_a_missing_scope_is_named_and_the_streams_that_need_it_not_go_on(
    app: App, vendors: Vendors
) -> None:
    have = [f"crm.objects.{kind}.read" for kind in ("companies", "deals", "owners")]
    have += ["crm.lists.read", "forms", "content", "marketing.campaigns.read"]
    vendors.sandbox.vendors["hubspot"].credentials["scopes"] = have
    exit_code, errors, _ = read(app, "hubspot")
    assert exit_code == 2
    assert "crm.objects.contacts.read" in errors["hubspot.contacts"]
    others = {f"hubspot.{name}" for name in ("companies", "deals", "owners", "lists", "forms")}
    assert not others & set(errors)


def test_salesforce_saying_slow_down_is_not_taken_for_a_missing_right(
    app: App, vendors: Vendors
) -> None:
    vendors.fault({"vendor": "salesforce", "path": "*", "kind": "rate_limit", "times": None})
    exit_code, errors, _ = read(app, "salesforce")
    assert exit_code == 5
    assert "REQUEST_LIMIT_EXCEEDED" in errors["salesforce.accounts"]


def test_a_vendor_that_is_away_does_not_stop_the_others(
    installed: Install, vendors: Vendors
) -> None:
    app = installed(vendors.settings() | in_use("zendesk"))
    vendors.fault({"vendor": "zendesk", "path": "*", "kind": "reset", "times": None})
    exit_code, errors, _ = read(app)
    assert exit_code == 5
    assert {name.split(".")[0] for name in errors} == {"zendesk"}


def test_a_session_that_expires_overnight_is_renewed(app: App, vendors: Vendors) -> None:
    assert extract(app, ["salesforce"]).exit_code == 0
    source = registry.source("salesforce")
    count = source.streams[0].count
    assert count is not None
    with source.open(app.settings.http, app.clock) as client:
        count(client)
        vendors.advance()
        assert count(client)


# -- secrets ---------------------------------------------------------------------------------


def secrets_of(vendors: Vendors) -> set[str]:
    """Everything that opens a door: what was given to us, and what the vendors issued since."""
    settings = vendors.settings()
    email, token = settings["REVOPS_ZENDESK__EMAIL"], settings["REVOPS_ZENDESK__TOKEN"]
    return {
        settings["REVOPS_HUBSPOT__TOKEN"],
        settings["REVOPS_SALESFORCE__CLIENT_SECRET"],
        token,
        base64.b64encode(f"{email}/token:{token}".encode()).decode(),
        *(
            secret
            for name, one in emulations().items()
            if one.secrets
            for secret in one.secrets(vendors.sandbox.vendors[name])
        ),
    }


@pytest.mark.parametrize(
    "kind",
    [
        "server_error",
        *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("nothing", "truncate")),
    ],
)
def test_no_secret_is_logged_shown_or_kept(
    app: App,
    vendors: Vendors,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    if kind != "nothing":
        every = [{"vendor": name, "path": "*", "kind": kind} for name in registry.sources()]
        once = [one | {"skip": 2} for one in every]
        vendors.fault(*once, *(one | {"skip": 4, "times": None} for one in every))
    _, errors, report = read(app)
    with pytest.raises(SystemExit):
        main(["extract", "salesforce"])
    kept = json.dumps([errors, report]) + caplog.text + str(capsys.readouterr())
    for source in registry.sources().values():
        settings = load_vendor_settings(source.settings, source.name, source.scopes)
        with source.open(app.settings.http, app.clock) as client:
            # What is cut out of texts must be known; nothing beside it may show a secret.
            held = {name: value for name, value in vars(client).items() if name != "_secrets"}
            kept += repr([source, settings, client, held])
    assert len(secrets_of(vendors)) >= 5
    assert "127.0.0.1" in caplog.text
    assert [secret for secret in secrets_of(vendors) if secret in kept] == []


def test_a_vendor_that_repeats_our_credential_does_not_make_us_show_it(
    app: App, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    from werkzeug.wrappers import Request, Response

    def repeat(request: Request, *_: object) -> Response:
        given = request.args.to_dict() | request.form.to_dict()
        said = f"no: {request.headers.get('Authorization')} {given}"
        return Response(said, status=400)

    for vendor in vendors.sandbox.vendors.values():
        monkeypatch.setattr(vendor, "answer", repeat)
    _, errors, report = read(app)
    assert "no: Bearer ***" in errors["hubspot.companies"]
    assert "no: Basic ***" in errors["zendesk.users"]
    # A login that is refused is not tried again for each stream.
    assert "'client_secret': '***'" in errors["salesforce.accounts"]
    assert "not asked" in errors["salesforce.users"]
    assert "'client_secret': '***'" in errors["marketo.leads"]
    assert [s for s in secrets_of(vendors) if s in json.dumps([errors, report])] == []
