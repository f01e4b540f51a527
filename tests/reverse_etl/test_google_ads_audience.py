"""Customer lists: who is added by which hash, with whose yes, and what is told of whom later."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from connectors.google_ads.settings import GoogleAdsSettings
from reverse_etl.destinations.base import Destination, Row, RowOutcome, Submitted
from reverse_etl.destinations.google_ads import GoogleAdsUploads
from reverse_etl.destinations.google_ads_people import hashed
from reverse_etl.destinations.registry import kind_of
from reverse_etl.spec import Identifier
from sandbox.app import Sandbox
from sandbox.vendors.google_ads.api import GoogleAds
from sandbox.vendors.google_ads.audiences import user_list
from tests.reverse_etl.proof.case import written
from tests.reverse_etl.proof.of_google_ads import CUSTOMER, LIST, GoogleAdsAudience
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script, Wire
from tests.reverse_etl.test_google_ads import sha
from warehouse.errors import Misconfigured, Refused

YES = {"ad_user_data": "GRANTED", "ad_personalization": True}
LISTS = (
    LIST,
    user_list(CUSTOMER, 655, "Visitors", type="RULE_BASED"),
    user_list(CUSTOMER, 656, "Old", membershipStatus="CLOSED"),
    user_list(CUSTOMER, 657, "Phones", crmBasedUserList={"uploadKeyType": "MOBILE_ADVERTISING_ID"}),
    user_list(CUSTOMER, 658, "Shared", readOnly=True),
    user_list(CUSTOMER, 659, "Twice"),
    user_list(CUSTOMER, 660, "Twice"),
)


class Account:
    """An account whose every request is kept as it went over the wire."""

    def __init__(self, folder: Path) -> None:
        self.case = GoogleAdsAudience()
        self.case.set_up(folder, 0)
        lines = [json.dumps(one) + "\n" for one in LISTS]
        (folder / "google_ads" / "user_lists.ndjson").write_text("".join(lines), "utf-8")
        self.app: Sandbox = self.case.start(folder)
        self.sent: list[httpx.Request] = []
        wire = cast("Wire", self.case.wire(self.app, Steps(), Script(), lambda: None))
        forward = wire.handle_request

        def keep(request: httpx.Request) -> httpx.Response:
            self.sent.append(request)
            return forward(request)

        wire.handle_request = keep  # type: ignore[method-assign]
        self.client = self.case.client(wire)

    def to(
        self, within: str | None = "Target accounts", field: str | None = None, **own: Any
    ) -> GoogleAdsUploads:
        known = Identifier(column="account_id", field=field)
        self.case.spec = self.case.spec.model_copy(update={"within": within, "identify_by": known})
        made = self.case.destination(self.client)
        assert isinstance(made, GoogleAdsUploads)
        made.own = made.own.model_copy(update=own)
        return made

    @property
    def tool(self) -> GoogleAds:
        return cast("GoogleAds", self.app.vendors["google_ads"])

    def on(self) -> set[str]:
        found = map(json.loads, self.app.records("google_ads", "audience_members").splitlines())
        return {next(iter(one["identifier"].values())) for one in found if not one["isDeleted"]}

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(one.content) for one in self.sent if "audienceMembers" in str(one.url)]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    made = Account(tmp_path)
    with made.client:
        yield made


def people(*keys: str, **fields: Any) -> list[Row]:
    return [Row(key, YES | fields, str(70 + n)) for n, key in enumerate(keys)]


def fates(outcomes: Sequence[RowOutcome]) -> dict[str, str]:
    return {one.trace: one.outcome for one in outcomes}


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        (" Cloudy.SanFrancisco+shopping@Gmail.com ", "cloudysanfrancisco@gmail.com"),
        ("a.b+c@googlemail.com", "ab@googlemail.com"),
        ("User.Name+NYC@Example.com", "user.name+nyc@example.com"),
    ],
)
def test_an_address_is_normalised_as_data_manager_has_it(given: str, normal: str) -> None:
    assert hashed("email", given, drops_plus=True) == sha(normal)


def test_an_address_that_is_nothing_but_a_tag_is_none() -> None:
    with pytest.raises(ValueError, match="no e-mail address"):
        hashed("email", "+tag@gmail.com", drops_plus=True)


def test_people_are_added_and_removed_by_the_hash_of_their_key(account: Account) -> None:
    to, rows = account.to(), people("Ann@Acme.example", "bob@acme.example")
    told = written(to, "add", rows)
    assert fates(told) == {"70": "acknowledged", "71": "acknowledged"}
    assert [one.tool_id for one in told] == [sha("ann@acme.example"), sha("bob@acme.example")]
    assert account.on() == {sha("ann@acme.example"), sha("bob@acme.example")}
    assert fates(written(to, "remove", [Row("ann@acme.example", {}, "80")])) == {
        "80": "acknowledged"
    }
    assert account.on() == {sha("bob@acme.example")}
    added, removed = account.bodies()
    account_of = {"accountType": "GOOGLE_ADS", "accountId": "1234567890"}
    assert added["destinations"] == [
        {
            "operatingAccount": account_of,
            "loginAccount": {"accountType": "GOOGLE_ADS", "accountId": "1112223333"},
            "productDestinationId": "654",
        }
    ]
    assert added["encoding"] == "HEX"
    assert added["termsOfService"] == {"customerMatchTermsOfServiceStatus": "ACCEPTED"}
    assert added["audienceMembers"][0] == {
        "userData": {"userIdentifiers": [{"emailAddress": sha("ann@acme.example")}]},
        "consent": {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"},
    }
    assert removed["audienceMembers"] == [
        {"userData": {"userIdentifiers": [{"emailAddress": sha("ann@acme.example")}]}}
    ]
    assert "termsOfService" not in removed


def test_nobody_is_named_in_clear_in_any_request(account: Account) -> None:
    names = ("Ann.Lee@Acme.example", "zoe+list@gmail.com", "not an address")
    account.to().faults(list(YES))
    for operation in ("add", "remove"):
        written(account.to(), cast("Any", operation), people(*names))
    numbers = ("+81 3-9876-5432", "+14155550100")
    written(account.to(field="phone"), "add", people(*numbers))
    everything = " ".join(
        f"{one.url} {one.headers} {one.content.decode()}" for one in account.sent
    ).lower()
    parts = ("ann", "lee", "acme", "zoe", "@", "not an", "9876-5432", "98765432", "4155550100")
    assert [one for one in parts if one in everything] == []
    assert sha("+81398765432") in account.on()


def test_nobody_is_added_without_a_yes(account: Account) -> None:
    rows = [
        Row("ann@acme.example", YES, "70"),
        Row("bob@acme.example", YES | {"ad_user_data": "DENIED"}, "71"),
        Row("cy@acme.example", {"ad_user_data": True}, "72"),
        Row("dee@acme.example", YES | {"ad_personalization": None}, "73"),
        Row("eve", YES, "74"),
        Row("ANN@acme.example", YES, "75"),
    ]
    told = written(account.to(), "add", rows)
    assert fates(told) == {"70": "acknowledged"} | dict.fromkeys(
        ("71", "72", "73", "74", "75"), "rejected"
    )
    said = {one.trace: str(one.reason) for one in told}
    assert "ad_user_data must be GRANTED" in said["71"]
    assert "ad_personalization must be GRANTED" in said["72"]
    assert "no e-mail address" in said["74"]
    assert "the same person" in said["75"]
    assert account.on() == {sha("ann@acme.example")}


def test_of_whom_nothing_can_be_sent_no_request_is_made(account: Account) -> None:
    assert fates(cast("Any", account.to().write("add", people("eve")))) == {"70": "rejected"}
    # Who could never be added is on no list.
    assert fates(cast("Any", account.to().write("remove", people("eve")))) == {"70": "acknowledged"}
    assert account.sent == []


def test_a_request_is_asked_for_by_its_name_until_it_has_ended(account: Account) -> None:
    to, rows = account.to(), people("ann@acme.example")
    given = to.write("add", rows)
    assert given == Submitted("add/request-1")
    assert account.on() == set()
    assert to.job("add/request-1", rows) is None
    assert fates(to.job("add/request-1", rows) or []) == {"70": "acknowledged"}
    with pytest.raises(Refused):
        to.job("add/request-9", rows)


@pytest.mark.parametrize(
    ("failing", "names_places", "fate"),
    [
        ({1: "INVALID_FORMAT"}, True, {"70": "acknowledged", "71": "permanent"}),
        ({0: "INTERNAL_ERROR"}, True, {"70": "transient", "71": "acknowledged"}),
        # One of the two has failed and nobody knows which: both are in doubt.
        ({1: "INVALID_FORMAT"}, False, {}),
        ({0: "NO_CONSENT", 1: "NO_CONSENT"}, False, {"70": "permanent", "71": "permanent"}),
    ],
)
def test_the_members_that_failed_are_told_by_their_place(
    account: Account, failing: dict[int, str], names_places: bool, fate: dict[str, str]
) -> None:
    named = {n: f"PROCESSING_ERROR_REASON_{reason}" for n, reason in failing.items()}
    account.tool.audiences.failing, account.tool.audiences.names_places = named, names_places
    told = written(account.to(), "add", people("ann@acme.example", "bob@acme.example"))
    assert {one.trace: one.error if one.reason else one.outcome for one in told} == fate


@pytest.mark.parametrize(
    "status",
    [
        {"requestStatus": "SUCCESS", "errorInfo": {"errorCounts": [{"recordCount": "1"}]}},
        {"requestStatus": "PARTIAL_SUCCESS"},
        {"requestStatus": "REQUEST_STATUS_UNKNOWN"},
        {
            "requestStatus": "SUCCESS",
            "audienceMembersIngestionStatus": {"userDataIngestionStatus": {"recordCount": "2"}},
        },
        {
            "requestStatus": "PARTIAL_SUCCESS",
            "errorInfo": {"errorCounts": [{"recordCount": "1", "recordIndices": ["1"]}]},
        },
        {
            "requestStatus": "PARTIAL_SUCCESS",
            "errorInfo": {"errorCounts": [{"recordCount": "2", "recordIndices": ["0"]}]},
        },
    ],
)
def test_a_status_that_contradicts_itself_says_nothing(
    account: Account, monkeypatch: pytest.MonkeyPatch, status: dict[str, Any]
) -> None:
    monkeypatch.setattr(
        account.tool.audiences, "status", lambda _: {"requestStatusPerDestination": [status]}
    )
    assert account.to().job("add/request-1", people("ann@acme.example")) == []


def test_a_refusal_that_is_not_against_the_members_stops_the_sync(account: Account) -> None:
    to = account.to()
    to.faults(list(YES))
    held = account.tool.tables["user_lists"].get("1234567890/654")
    assert held is not None
    held["userList"]["membershipStatus"] = "CLOSED"
    with pytest.raises(Misconfigured, match="DESTINATION_NOT_WRITABLE"):
        to.write("add", people("ann@acme.example"))


def test_the_list_and_the_terms_are_checked_before_anything_is_sent(account: Account) -> None:
    fields = list(YES)
    for within in ("Target accounts", "654", "customers/1234567890/userLists/654"):
        assert account.to(within).faults(fields) == []
    wrong = {
        None: "need within",
        "Nothing": "no list 'Nothing'",
        "Twice": "2 lists 'Twice'",
        "Visitors": "no customer list",
        "Old": "is closed",
        "Phones": "not of contact information",
        "Shared": "not ours to write",
    }
    for other, why in wrong.items():
        (fault,) = account.to(other).faults(fields)
        assert why in fault
    (fault,) = account.to(customer_match_terms=None).faults(fields)
    assert "CUSTOMER_MATCH_TERMS" in fault
    with pytest.raises(Misconfigured, match="terms"):
        account.to(customer_match_terms=None).write("add", people("ann@acme.example"))
    said = " ".join(account.to(field="company").faults(["phone"]))
    assert "no 'phone'" in said
    assert "needs the field ad_user_data" in said
    assert "nobody by 'company'" in said
    assert account.bodies() == []


def test_what_a_list_can_be_asked() -> None:
    assert kind_of("google_ads").operations_of("audience_members") == {"add", "remove"}
    made: Destination = kind_of("google_ads")(cast("Any", None), "audience_members", None, "x")
    assert made.batch_size == 10_000
    google = GoogleAdsSettings.model_validate(GoogleAdsAudience.settings)
    assert google.data_manager_url == "https://datamanager.googleapis.com"
