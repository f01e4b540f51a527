"""Records that Salesforce has, updated by id or by a field of ours, and upserted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reverse_etl.destinations.base import Row
from reverse_etl.destinations.salesforce import SalesforceRecords
from reverse_etl.fitting import misfit
from tests.reverse_etl.proof.case import written
from tests.reverse_etl.proof.of_salesforce import (
    SalesforceAccounts,
    SalesforceTasks,
    SalesforceUpsert,
)
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script

SCORE, REF = "Revops_Account_Score__c", "Legacy_Ref__c"


@contextmanager
def org(
    case: SalesforceTasks, kind: str, identifier: str | None, asked: Any
) -> Iterator[SalesforceRecords]:
    with tempfile.TemporaryDirectory() as home:
        case.set_up(Path(home) / "tool", 3)
        app = case.start(Path(home) / "tool")
        with case.client(case.wire(app, Steps(), Script(), lambda: None)) as client:
            made = SalesforceRecords(client, kind, identifier)
            made.asked = frozenset({asked})
            yield made


def test_an_id_of_fifteen_letters_is_the_one_of_eighteen() -> None:
    case = SalesforceAccounts()
    with org(case, "Account", None, "update") as accounts:
        short = case.key(0)[:15]
        (one,) = written(accounts, "update", [Row(short, {SCORE: 4}, "a")])
        assert (one.outcome, one.tool_id) == ("acknowledged", case.key(0))
        assert accounts.read([short, case.key(1)[:15]], [SCORE])[short][SCORE] == 4


def test_of_updates_each_record_has_its_own_outcome_and_none_is_made() -> None:
    case = SalesforceAccounts()
    with org(case, "Account", None, "update") as accounts:
        gone = case.key(70)
        one, two, three = written(
            accounts,
            "update",
            [
                Row(case.key(0), {SCORE: 4}, "a"),
                Row(gone, {SCORE: 4}, "b"),
                Row(case.key(1), {"Nope__c": "x"}, "c"),
            ],
        )
        assert (one.outcome, two.outcome, three.outcome) == ("acknowledged", "rejected", "rejected")
        assert "INVALID_FIELD" in str(three.reason)
        assert accounts.read([gone], [SCORE]) == {}


def test_by_a_field_of_ours_the_record_is_looked_up_and_never_made() -> None:
    with org(SalesforceUpsert(), "Opportunity", REF, "upsert") as deals:
        written(deals, "upsert", [Row("it's:1", {"Name": "One"}, "a")])
        found, missing = sorted(
            written(
                deals,
                "update",
                [Row("IT'S:1", {"Name": "Two"}, "a"), Row("it's:2", {"Name": "x"}, "b")],
            ),
            key=lambda one: one.trace,
        )
        assert found.outcome == "acknowledged"
        assert "no Opportunity of the key" in str(missing.reason)
        assert deals.read(["it's:1", "it's:2"], ["Name"])["it's:1"]["Name"] == "Two"


def test_what_cannot_be_found_or_set_is_named_before_anything_is_sent() -> None:
    with org(SalesforceUpsert(), "Opportunity", "NextStep", "upsert") as deals:
        assert deals.faults(["Name"]) == [
            "Salesforce's Opportunity.NextStep is no external id: records cannot be found by it"
        ]
    with org(SalesforceUpsert(), "Opportunity", REF, "upsert") as deals:
        assert deals.faults(["Name"]) == []
        assert deals.faults(["IsWon"]) == [
            "Salesforce's Opportunity.IsWon cannot be set by our user"
        ]
    with org(SalesforceAccounts(), "Account", None, "update") as accounts:
        assert accounts.faults([SCORE]) == []
        assert "has no field Account.Nope__c" in accounts.faults(["Nope__c"])[0]


def test_what_a_field_can_hold_is_as_described() -> None:
    """Lengths of texts and values of a restricted picklist; what is not restricted takes any."""
    fields = ["Name", "StageName", "Amount"]
    with org(SalesforceUpsert(), "Opportunity", REF, "upsert") as deals:
        described = deals._described or {}
        told = deals.limits([*fields, "Nope__c"])
        assert told.keys() == set(fields)
        longest = described["Name"]["length"]
        assert misfit("x" * longest, told["Name"]) is None
        assert misfit("x" * (longest + 1), told["Name"]) is not None
        assert misfit(7, told["Amount"]) is None
        described["StageName"] |= {
            "restrictedPicklist": True,
            "picklistValues": [
                {"value": "Won", "active": True},
                {"value": "Old", "active": False},
            ],
        }
        restricted = deals.limits(["StageName"])["StageName"]
        assert misfit("Won", restricted) is None
        assert misfit("Old", restricted) == "Old is none of: Won"
        described["StageName"] |= {"type": "multipicklist"}
        several = deals.limits(["StageName"])["StageName"]
        assert misfit("Won;Won", several) is None
        assert misfit("Won;Lost", several) == "Lost is none of: Won"
        described["StageName"] |= {"restrictedPicklist": False}
        assert misfit("Lost", deals.limits(["StageName"])["StageName"]) is None


def test_activities_have_no_external_ids() -> None:
    assert SalesforceRecords.operations_of("Task") == {"create", "update"}
    assert SalesforceRecords.operations_of("Account") == {"create", "update", "upsert", "delete"}


@pytest.mark.parametrize(
    ("held", "wish", "same"),
    [
        (4.0, 4, True),
        (12.5, "12.5", False),
        (0, None, False),
        (None, "", True),
        (False, None, True),
        (True, False, False),
        ("2026-11-20T09:00:00.000+0000", "2026-11-20T18:00:00+09:00", True),
        ("2026-11-20T09:00:00.000+0000", "2026-11-20T09:00:01Z", False),
        ("007", "7", False),
        ("x", 7, False),
    ],
)
def test_a_value_that_was_read_is_the_one_that_was_sent(
    held: object, wish: object, *, same: bool
) -> None:
    with org(SalesforceAccounts(), "Account", None, "update") as accounts:
        assert accounts.holds(held, wish) is same
