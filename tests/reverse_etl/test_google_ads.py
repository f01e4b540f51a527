"""Google Ads as a destination: hashes, instants, partial failures and what was there already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from reverse_etl.destinations.base import Destination, Row
from reverse_etl.destinations.google_ads import GoogleAdsUploads
from reverse_etl.destinations.google_ads_people import hashed
from reverse_etl.destinations.registry import kind_of
from sandbox.app import Sandbox
from sandbox.vendors.google_ads.conversions import Uploader, action
from tests.reverse_etl.proof.case import AnyWire, written
from tests.reverse_etl.proof.of_google_ads import CUSTOMER, GoogleAdsWins
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script
from warehouse.errors import Misconfigured

WHEN = "2026-11-03T09:00:00+09:00"
FIELDS = ("gclid", "conversion_date_time", "conversion_value", "currency_code", "email")
ACTIONS = (
    action(CUSTOMER, 987, "Won deals"),
    action(CUSTOMER, 988, "Sign-ups", "WEBPAGE"),
    action(CUSTOMER, 989, "Twice"),
    action(CUSTOMER, 990, "Twice"),
)


class Account:
    def __init__(self, folder: Path) -> None:
        self.case = GoogleAdsWins()
        self.case.set_up(folder, 0)
        lines = [json.dumps(one) + "\n" for one in ACTIONS]
        (folder / "google_ads" / "conversion_actions.ndjson").write_text("".join(lines), "utf-8")
        self.app: Sandbox = self.case.start(folder)
        self.wire: AnyWire = self.case.wire(self.app, Steps(), Script(), lambda: None)
        self.client = self.case.client(self.wire)

    def to(self, within: str | None = "Won deals") -> Destination:
        self.case.spec = self.case.spec.model_copy(update={"within": within})
        return self.case.destination(self.client)

    def held(self) -> list[dict[str, Any]]:
        found = map(json.loads, self.app.records("google_ads", "conversions").splitlines())
        return [one["conversion"] for one in found]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    made = Account(tmp_path)
    with made.client:
        yield made


def deals(*given: dict[str, Any]) -> list[Row]:
    return [Row(f"deal-{n}", fields, str(70 + n)) for n, fields in enumerate(given)]


def fates(outcomes: Sequence[Any]) -> dict[str, str]:
    return {one.trace: one.outcome for one in outcomes}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("kind", "given", "normal"),
    [
        ("email", " Ann.Lee@Gmail.com ", "annlee@gmail.com"),
        ("email", "Ann.Lee@Acme.example", "ann.lee@acme.example"),
        ("email", "a.b+c@googlemail.com", "ab+c@googlemail.com"),
        ("phone", "+81 (3) 1234-5678", "+81312345678"),
    ],
)
def test_who_it_is_is_normalised_before_it_is_hashed(kind: str, given: str, normal: str) -> None:
    assert hashed(kind, given) == sha(normal)


@pytest.mark.parametrize(
    ("kind", "given"),
    [("email", "nobody"), ("email", "a b@acme.example"), ("phone", "03-1234-5678")],
)
def test_what_cannot_be_matched_is_refused_and_not_repeated(kind: str, given: str) -> None:
    with pytest.raises(ValueError, match=r"^the (email|phone) is") as refused:
        hashed(kind, given)
    assert given not in str(refused.value)


def test_a_conversion_is_sent_without_anybody_in_clear(account: Account) -> None:
    wish = {
        "email": "Ann@Acme.example",
        "phone": "+81312345678",
        "conversion_date_time": WHEN,
        "conversion_value": "1200.50",
        "currency_code": "JPY",
        "ad_user_data": True,
        "ad_personalization": False,
    }
    assert fates(written(account.to(), "append", deals(wish))) == {"70": "acknowledged"}
    (held,) = account.held()
    assert held == {
        "conversionAction": "customers/1234567890/conversionActions/987",
        "orderId": "deal-0",
        "conversionDateTime": "2026-11-03 09:00:00+09:00",
        "conversionValue": 1200.5,
        "currencyCode": "JPY",
        "userIdentifiers": [
            {"hashedEmail": sha("ann@acme.example")},
            {"hashedPhoneNumber": sha("+81312345678")},
        ],
        "consent": {"adUserData": "GRANTED", "adPersonalization": "DENIED"},
    }


def test_each_row_has_its_own_fate_and_bad_ones_do_not_travel(account: Account) -> None:
    found = written(
        account.to(),
        "append",
        deals(
            {"gclid": "c0", "conversion_date_time": WHEN},
            {"gclid": "c1", "conversion_date_time": "2026-11-03T09:00:00"},
            {"conversion_date_time": WHEN},
            {"gclid": "c0", "conversion_date_time": WHEN},
            {"gclid": "c4", "conversion_date_time": WHEN},
            {"email": "Ann", "conversion_date_time": WHEN},
        ),
    )
    told = {one.trace: str(one.reason) for one in found if one.outcome == "rejected"}
    assert told.keys() == {"71", "72", "73", "75"}
    assert "has no zone" in told["71"]
    assert "neither a click id" in told["72"]
    assert "Ann" not in told["75"]
    # The click at this instant counts once, for the first order: of the second nothing is there.
    assert "CLICK_CONVERSION_ALREADY_EXISTS" in told["73"]
    assert [one["orderId"] for one in account.held()] == ["deal-0", "deal-4"]


def test_what_was_taken_once_is_there_when_it_is_sent_again(account: Account) -> None:
    wishes = deals({"gclid": "c0", "conversion_date_time": WHEN})
    for reason in (None, "it was there already"):
        (one,) = written(account.to(), "append", wishes)
        assert (one.outcome, one.tool_id, one.reason) == ("acknowledged", "deal-0", reason)
    assert len(account.held()) == 1


def test_a_click_that_is_there_by_itself_is_this_very_conversion(account: Account) -> None:
    """Google names the click where it might have named the order id: the order is ours alone."""
    wish = {"gclid": "c0", "conversion_date_time": WHEN}
    written(account.to(), "append", [Row("deal-9", wish, "70")])
    (one,) = written(account.to(), "append", deals(wish))
    assert (one.outcome, one.reason) == ("acknowledged", "it was there already")


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"conversion_value": "1e999", "currency_code": "JPY"}, "is no number"),
        ({"conversion_value": "NaN", "currency_code": "JPY"}, "is no number"),
        ({"conversion_value": "a lot", "currency_code": "JPY"}, "is no number"),
        ({"conversion_value": "12"}, "no currency_code"),
        ({"email": "ann@acme.example", "ad_user_data": False}, "ad_user_data is denied"),
    ],
)
def test_what_would_be_counted_wrongly_or_unasked_is_not_sent(
    account: Account, wish: dict[str, Any], said: str
) -> None:
    rows = deals({"gclid": "c0", "conversion_date_time": WHEN} | wish)
    (one,) = written(account.to(), "append", rows)
    assert one.outcome == "rejected"
    assert said in str(one.reason)
    assert account.wire.asked["write"] == 0


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("2026-11-03T09:00:00.987+09:00", "2026-11-03 09:00:00+09:00"),
        ("2026-11-03T00:00:00Z", "2026-11-03 00:00:00+00:00"),
        ("2026-11-02 19:00:00-05:00", "2026-11-02 19:00:00-05:00"),
    ],
)
def test_an_instant_is_sent_with_its_zone_in_whole_seconds(
    account: Account, given: str, sent: str
) -> None:
    written(account.to(), "append", deals({"gclid": "c0", "conversion_date_time": given}))
    assert [one["conversionDateTime"] for one in account.held()] == [sent]


def test_what_the_account_lacks_parks_no_row(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS"
    monkeypatch.setattr(Uploader, "_fault", lambda *_: code)
    (one,) = written(account.to(), "append", deals({"gclid": "c0", "conversion_date_time": WHEN}))
    assert (one.outcome, one.error) == ("rejected", "transient")


def test_the_terms_are_asked_for_where_people_are_named(account: Account) -> None:
    held = account.app.vendors["google_ads"].tables["customers"].get("1234567890")
    assert held is not None
    del held["customer"]["conversionTrackingSetting"]["acceptedCustomerDataTerms"]
    (fault,) = account.to().faults(FIELDS)
    assert "customer data terms" in fault
    assert account.to().faults([one for one in FIELDS if one != "email"]) == []
    (lacking,) = account.to().faults(["gclid", "conversion_date_time", "conversion_value"])
    assert "needs a currency_code" in lacking


def test_fields_and_the_action_are_checked_before_anything_is_sent(account: Account) -> None:
    assert account.to().faults(FIELDS) == []
    assert account.to("987").faults(FIELDS) == []
    said = {
        within: " ".join(account.to(within).faults(FIELDS))
        for within in (None, "Nothing", "Twice", "Sign-ups")
    }
    assert "need within" in said[None]
    assert "no conversion action 'Nothing'" in said["Nothing"]
    assert "2 conversion actions 'Twice'" in said["Twice"]
    assert "no action for imports" in said["Sign-ups"]
    lacking = " ".join(account.to().faults(["nonsense"]))
    assert "no 'nonsense'" in lacking
    assert "needs conversion_date_time" in lacking
    assert "needs a click id" in lacking
    with pytest.raises(Misconfigured):
        written(account.to("Twice"), "append", deals({"gclid": "c0", "conversion_date_time": WHEN}))
    assert account.held() == []


def test_nothing_can_be_read_and_only_conversions_are_sent(account: Account) -> None:
    assert account.to().read(["deal-0"], FIELDS) == {}
    assert not GoogleAdsUploads.is_readable
    assert kind_of("google_ads").operations_of("conversions") == {"append"}
    assert kind_of("google_ads").operations_of("audience") == frozenset()
