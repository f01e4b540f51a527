"""What is made only once: tasks and messages, of which nobody wants a second one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reverse_etl.destinations.base import Row
from reverse_etl.destinations.registry import destination_for, disabled_syncs, syncs_in_use
from reverse_etl.destinations.salesforce import SalesforceRecords
from reverse_etl.destinations.slack import SlackMessages
from reverse_etl.spec import sync
from tests.reverse_etl.outbox import Outbox, outbox_of
from tests.reverse_etl.proof.case import written
from warehouse.errors import Misconfigured, Refused, Unauthorised, Unavailable

SYNCS = ("salesforce_tasks", "slack_escalations", "slack_data_quality")


@pytest.fixture(params=SYNCS)
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outbox]:
    with outbox_of(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def tasks(tmp_path: Path) -> Iterator[Outbox]:
    with outbox_of("salesforce_tasks", tmp_path) as made:
        yield made


@pytest.fixture
def messages(tmp_path: Path) -> Iterator[Outbox]:
    with outbox_of("slack_escalations", tmp_path) as made:
        yield made


def test_what_is_wished_for_is_made_once_and_with_its_key(outbox: Outbox) -> None:
    outbox.wish([outbox.row(1), outbox.row(2)])
    assert outbox.sync().delivery.outcomes == {"acknowledged": 2}
    assert outbox.keys() == ["it's:1", "it's:2"]
    again = outbox.sync()
    assert (again.plan.counts["unchanged"], again.plan.changes) == (2, ())
    assert outbox.keys() == ["it's:1", "it's:2"]


def test_what_was_made_is_not_touched_again_however_the_wish_changes(outbox: Outbox) -> None:
    outbox.wish([outbox.row(1)])
    outbox.sync()
    before = outbox.made()
    changed = {name: "otherwise" for one in outbox.spec.fields for name in one.columns}
    outbox.wish([outbox.row(1, **changed)])
    result = outbox.sync()
    assert result.plan.changes == ()
    assert result.plan.counts["unchanged"] == 1
    assert outbox.made() == before


def test_of_a_time_out_after_the_commit_nothing_is_made_twice(outbox: Outbox) -> None:
    outbox.wish([outbox.row(1)])
    outbox.faults({"kind": "reset_after_commit"})
    assert outbox.sync().exit_code == 5
    assert outbox.keys() == ["it's:1"]
    again = outbox.sync()
    assert (again.recovery.delivered, again.recovery.abandoned) == (1, 0)
    assert outbox.keys() == ["it's:1"]
    assert [row["outcome"] for row in outbox.ledger()] == ["acknowledged"]


def test_of_a_time_out_before_the_commit_it_is_made_by_the_next_run(outbox: Outbox) -> None:
    outbox.wish([outbox.row(1)])
    outbox.faults({"kind": "reset"})
    assert outbox.sync().exit_code == 5
    assert outbox.keys() == []
    assert outbox.sync().exit_code == 0
    assert outbox.keys() == ["it's:1"]


def test_who_is_asked_for_patience_has_done_nothing_yet_and_goes_on(outbox: Outbox) -> None:
    outbox.wish([outbox.row(1)])
    outbox.faults({"kind": "rate_limit", "retry_after": 0.01})
    assert outbox.sync().exit_code == 0
    assert outbox.keys() == ["it's:1"]


def test_a_task_that_people_changed_or_threw_away_is_not_made_again(tasks: Outbox) -> None:
    tasks.wish([tasks.row(1), tasks.row(2)])
    tasks.faults({"kind": "reset_after_commit"})
    tasks.sync()
    root = "/services/data/v62.0/sobjects/Task"
    edited, thrown_away = (one["Id"] for one in tasks.made())
    with tasks.client() as client:
        for method, record, body in (
            ("PATCH", edited, {"Subject": "mine"}),
            ("DELETE", thrown_away, None),
        ):
            # Neither has an answer that says anything.
            with pytest.raises(Unavailable):
                client.request(method, f"{root}/{record}", json=body, idempotent=False)
    assert tasks.sync().recovery.delivered == 2
    assert len(tasks.made()) == 2


def test_of_a_collection_each_record_has_its_own_outcome(tasks: Outbox) -> None:
    with tasks.client() as client:
        found = written(
            SalesforceRecords(client, "Task", "Revops_Key__c"),
            "create",
            [Row("a", {"Subject": "One"}, "1"), Row("b", {"Nope__c": "x"}, "2")],
        )
    assert [(one.trace, one.outcome) for one in found] == [("1", "acknowledged"), ("2", "rejected")]
    assert "INVALID_FIELD" in str(found[1].reason)
    assert found[0].tool_id == tasks.made()[0]["Id"]


def test_the_fields_of_the_declared_syncs_can_be_written(outbox: Outbox) -> None:
    with outbox.client() as client:
        fields = [one.field for one in outbox.spec.fields]
        assert destination_for(outbox.spec, client).faults(fields) == []


def test_what_salesforce_cannot_hold_is_named_before_anything_is_sent(tasks: Outbox) -> None:
    with tasks.client() as client:
        found = SalesforceRecords(client, "Task", "Nope__c").faults(["Subject", "CreatedDate"])
        assert found == [
            "Salesforce has no field Task.Nope__c: create it, or let our user see it",
            "Salesforce's Task.CreatedDate cannot be set by our user",
        ]
        assert "has no object Nope" in SalesforceRecords(client, "Nope", "Key__c").faults([])[0]
        assert "needs identify_by.field" in SalesforceRecords(client, "Task", None).faults([])[0]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("nowhere", "no channel 'nowhere'"),
        ("kpi-2019", "no channel 'kpi-2019'"),
        ("random", "not in Slack's channel 'random'"),
    ],
)
def test_a_channel_that_cannot_be_written_to_is_named(
    messages: Outbox, name: str, fault: str
) -> None:
    with messages.client() as client:
        (found,) = SlackMessages(client, name, None).faults(["text"])
    assert fault in found


def test_a_message_that_slack_refuses_is_rejected_and_the_others_are_posted(
    messages: Outbox,
) -> None:
    messages.wish([messages.row(1, message_text="x" * 40_001), messages.row(2)])
    result = messages.sync()
    assert result.exit_code == 4
    assert [one["key"] for one in result.delivery.rejected] == ["it's:1"]
    assert "40001 characters" in str(result.delivery.rejected[0]["reason"])
    assert messages.keys() == ["it's:2"]


def test_a_token_that_slack_does_not_know_locks_us_out(messages: Outbox) -> None:
    messages.environment["REVOPS_SLACK__TOKEN"] = "xoxb-of-somebody-else"
    messages.wish([messages.row(1)])
    with pytest.raises(Unauthorised, match="invalid_auth"):
        messages.sync()


def test_a_refusal_by_slack_in_a_200_is_one(messages: Outbox) -> None:
    with messages.client() as client:
        for channel, error, text in (
            ("nowhere", Misconfigured, "channel_not_found"),
            (sync("slack_escalations").object, Refused, "no_text"),
        ):
            with pytest.raises(error, match=text):
                SlackMessages(client, channel, None).write("append", [Row("k", {}, "1")])


def test_what_a_destination_cannot_do_is_refused_before_it_is_asked(tasks: Outbox) -> None:
    contacts = sync("hubspot_contacts").model_copy(update={"mode": "create_only"})
    upsert = sync("slack_escalations").model_copy(update={"mode": "update_only"})
    with tasks.client() as client:
        for spec, mode in ((contacts, "create_only"), (upsert, "update_only")):
            with pytest.raises(Misconfigured, match=mode):
                destination_for(spec, client)


def test_a_sync_to_a_tool_without_settings_is_disabled_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REVOPS_HUBSPOT__TOKEN", "pat")
    for name in ("SALESFORCE__CLIENT_ID", "SLACK__TOKEN", "SLACK__BASE_URL"):
        monkeypatch.delenv(f"REVOPS_{name}", raising=False)
    used = [spec.name for spec in syncs_in_use(("hubspot",))]
    assert used == ["hubspot_abm_list", "hubspot_companies", "hubspot_contacts", "hubspot_deals"]
    disabled = disabled_syncs(("hubspot",))
    assert set(SYNCS) <= set(disabled)
    assert not set(used) & set(disabled)
    assert "REVOPS_SLACK__*" in disabled["slack_escalations"]
    monkeypatch.setenv("REVOPS_SLACK__TOKEN", "xoxb")
    assert "slack_escalations" in [spec.name for spec in syncs_in_use(("hubspot",))]
