"""Every shipped rule passes sound data and is shown able to fail: a rule that cannot is no rule."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from quality.columns import declared_columns
from quality.gate import run_gate
from quality.spec import RuleSet, rulesets
from tests.quality import plain
from tests.quality.judged import NOW
from warehouse.clock import FixedClock
from warehouse.connection import Warehouse, quoted
from warehouse.state import StateStore

Row = dict[str, Any]
DAY = timedelta(days=1)

# Rows of which there are enough for every share; what is not said is empty.
ROWS = 200
SOUND: dict[str, Row] = {
    "accounts": {"account_name": "Acme", "open_pipeline_amount": 5, "won_revenue_amount": 5,
                 "source_count": 1},
    "customer_health": {"health_score": 50, "mrr": 10, "reasons": ["pays late"]},
    "data_quality_messages": {"message_text": "Data to mend"},
    "next_actions": {"reason_en": "call", "reason_ja": "電話", "is_escalation": True,
                     "subject_name": "Acme", "assignee_id": "o1"},
    "opportunities": {"is_won": True, "local_amount": 5, "amount": 5, "account_id": "a1"},
    "overdue_work": {"subject_name": "Acme", "reason_en": "call", "owner_id": "o1"},
    "people": {"source_count": 1},
    "canonical_account": {"account_name": "Acme", "domain": "acme.example",
                          "corporate_number": "7000012050002"},
    "canonical_person": {"email": "a@acme.example"},
    "canonical_opportunity": {"close_date": NOW.date(), "created_at": NOW - DAY, "stage": "won",
                              "amount": 5, "is_deleted": False},
    "landed_hubspot_contacts": {"payload": {"properties": {"email": "a@b.co"}}},
    "landed_hubspot_companies": {"payload": {"properties": {"name": "Acme"}}},
    "landed_salesforce_opportunities": {"payload": {"StageName": "Won", "Amount": 5}},
    "landed_hubspot_deals": {"payload": {"properties": {"dealstage": "won"}}},
    "landed_salesforce_accounts": {"payload": {"Website": "acme.example"}},
    "landed_salesforce_contacts": {"payload": {"Email": "a@acme.example"}},
    "landed_salesforce_leads": {"payload": {"Email": "a@acme.example"}},
    "landed_stripe_invoices": {"payload": {"amount_due": 5, "status": "paid"}},
    "landed_stripe_subscriptions": {"payload": {"status": "active"}},
    "landed_zendesk_organizations": {"payload": {"domain_names": ["acme.example"]}},
    "landed_zendesk_users": {"payload": {"email": "a@acme.example"}},
    "landed_zendesk_tickets": {"payload": {"requester_id": 5}},
    "landed_intercom_companies": {"payload": {"name": "Acme"}},
    "landed_intercom_contacts": {"payload": {"role": "user"}},
    "landed_intercom_conversations": {"payload": {"state": "open"}},
    "landed_marketo_leads": {"payload": {"email": "a@acme.example"}},
    "landed_google_ads_campaign_stats": {
        "payload": {"metrics": {"costMicros": "5"}, "segments": {"date": str(NOW.date())}}
    },
    "landed_events_events": {"payload": {"anonymousId": "a1", "receivedAt": NOW.isoformat()}},
    "landed_files_targets": {"payload": {"domain": "acme.example"}},
}  # fmt: skip

NO_ROWS: list[Row] = []
# The key is the row's own: what stands here is planted in all rows, or in the last one alone.
EVERYWHERE: dict[tuple[str, str], Row] = {
    ("canonical_account", "companies_have_names"): {"account_name": ""},
    ("canonical_person", "people_have_addresses"): {"email": None},
    ("canonical_opportunity", "deals_have_amounts"): {"amount": None},
    ("canonical_opportunity", "stages_are_mixed_as_before"): {"stage": "lost"},
    ("landed_hubspot_contacts", "contacts_have_addresses"): {"payload": {"properties": {}}},
    ("landed_hubspot_companies", "companies_have_names"): {"payload": {}},
    ("landed_hubspot_deals", "deals_have_stages"): {"payload": {"properties": {"dealstage": ""}}},
    ("landed_salesforce_accounts", "accounts_have_sites"): {"payload": {"Website": None}},
    ("landed_salesforce_contacts", "contacts_have_addresses"): {"payload": {"Email": None}},
    ("landed_salesforce_leads", "leads_have_addresses"): {"payload": {}},
    ("landed_zendesk_organizations", "organizations_have_domains"): {
        "payload": {"domain_names": []}
    },
    ("landed_zendesk_users", "users_have_addresses"): {"payload": {"email": None}},
    ("landed_zendesk_tickets", "tickets_have_requesters"): {"payload": {"requester_id": None}},
    ("landed_intercom_companies", "companies_have_names"): {"payload": {"name": None}},
    ("landed_marketo_leads", "leads_have_addresses"): {"payload": {"email": ""}},
    ("landed_events_events", "calls_say_who"): {"payload": {"receivedAt": NOW.isoformat()}},
    ("landed_events_events", "calls_still_arrive"): {
        "payload": {"anonymousId": "a1", "receivedAt": (NOW - 4 * DAY).isoformat()}
    },
    ("landed_google_ads_campaign_stats", "yesterday_is_told"): {
        "payload": {"metrics": {"costMicros": "5"}, "segments": {"date": "2026-11-10"}}
    },
    ("landed_salesforce_opportunities", "opportunities_have_stages"): {"payload": {"Amount": 5}},
    ("landed_salesforce_opportunities", "opportunities_have_amounts"): {
        "payload": {"StageName": "Won"}
    },
}
IN_ONE_ROW: dict[tuple[str, str], Row] = {
    ("accounts", "every_account_has_an_id"): {"account_id": None},
    ("accounts", "one_row_per_account"): {"account_id": "key-0"},
    ("accounts", "every_account_has_a_name"): {"account_name": None},
    ("accounts", "pipeline_is_plausible"): {"open_pipeline_amount": 100_000_001},
    ("accounts", "won_revenue_is_plausible"): {"won_revenue_amount": -1},
    ("accounts", "every_account_comes_from_a_tool"): {"source_count": 0},
    ("customer_health", "every_customer_has_an_id"): {"account_id": None},
    ("customer_health", "one_row_per_customer"): {"account_id": "key-0"},
    ("customer_health", "every_score_is_one"): {"health_score": 101},
    ("customer_health", "what_customers_pay_is_plausible"): {"mrr": -1},
    ("customer_health", "every_health_says_why"): {"reasons": []},
    ("data_quality_messages", "every_message_has_a_key"): {"message_key": None},
    ("data_quality_messages", "one_row_per_message"): {"message_key": "key-0"},
    ("data_quality_messages", "every_message_says_something"): {"message_text": None},
    ("data_quality_messages", "every_message_can_be_read_whole"): {"message_text": "x" * 12_001},
    ("next_actions", "every_decision_has_a_key"): {"decision_key": None},
    ("next_actions", "one_decision_per_subject"): {"decision_key": "key-0"},
    ("next_actions", "every_decision_says_why"): {"reason_ja": ""},
    ("next_actions", "an_escalation_is_about_somebody"): {"subject_name": None},
    ("next_actions", "somebody_is_to_act"): {"assignee_id": None},
    ("opportunities", "every_opportunity_has_an_id"): {"opportunity_id": None},
    ("opportunities", "one_row_per_opportunity"): {"opportunity_id": "key-0"},
    ("opportunities", "what_was_won_is_plausible"): {"amount": 100_000_001},
    ("opportunities", "every_win_has_an_account"): {"account_id": None},
    ("overdue_work", "every_piece_of_work_has_a_key"): {"work_key": None},
    ("overdue_work", "one_row_per_piece_of_work"): {"work_key": "key-0"},
    ("overdue_work", "every_task_can_say_what_it_is_about"): {"subject_name": None},
    ("overdue_work", "somebody_owns_it"): {"owner_id": None},
    ("people", "every_person_has_an_id"): {"person_id": None},
    ("people", "one_row_per_person"): {"person_id": "key-0"},
    ("people", "every_person_comes_from_a_tool"): {"source_count": None},
    ("canonical_account", "a_domain_has_the_form_of_one"): {"domain": "acme"},
    ("canonical_account", "a_corporate_number_is_one"): {"corporate_number": "7000012050003"},
    ("canonical_person", "an_address_has_the_form_of_one"): {"email": "a@acme"},
    ("canonical_opportunity", "it_closes_in_this_century"): {"close_date": "2206-11-20"},
    ("canonical_opportunity", "it_closes_after_it_was_made"): {"created_at": NOW + 5 * DAY},
    ("landed_stripe_invoices", "invoices_say_what_is_due"): {"payload": {"status": "paid"}},
    ("landed_stripe_invoices", "every_status_is_known"): {
        "payload": {"amount_due": 5, "status": "disputed"}
    },
    ("landed_stripe_subscriptions", "every_status_is_known"): {"payload": {"status": "frozen"}},
    ("landed_intercom_contacts", "every_role_is_known"): {"payload": {"role": "visitor"}},
    ("landed_intercom_conversations", "every_state_is_known"): {"payload": {"state": "parked"}},
    ("landed_google_ads_campaign_stats", "what_was_spent_is_a_number"): {
        "payload": {"segments": {"date": str(NOW.date())}}
    },
}  # fmt: skip
FEWER: dict[tuple[str, str], int] = {
    ("accounts", "there_are_accounts"): 0,
    ("customer_health", "there_are_customers"): 0,
    ("people", "there_are_people"): 0,
    ("canonical_account", "there_are_as_many_companies_as_before"): ROWS // 3,
    ("canonical_person", "there_are_as_many_people_as_before"): ROWS // 3,
    ("canonical_opportunity", "there_are_as_many_deals_as_before"): ROWS // 3,
}
# Every stream whose volume is looked at.
FEWER |= {
    (name, rule.name): ROWS // 3
    for name, one in rulesets().items()
    if one.stage == "landing"
    for rule in one.rules
    if rule.kind == "volume"
}
SHIPPED = {name: one.model_copy(update={"after": ()}) for name, one in rulesets().items()}


def rows_of(ruleset: RuleSet, rows: int = ROWS, planted: Row | None = None) -> list[Row]:
    said = SOUND[ruleset.ruleset] | (planted or {})
    if ruleset.stage == "landing":
        said = {"_deleted": False, "_run_id": "run", "_extracted_at": NOW} | said
    return [{ruleset.key: f"key-{n}"} | said for n in range(rows)]


def fill(warehouse: Warehouse, ruleset: RuleSet, rows: list[Row]) -> None:
    """Make the table as it is declared, with these rows."""
    types = {
        name: kind or _KINDS.get(name, "varchar")
        for name, kind in declared_columns(ruleset.schema_name, ruleset.model).items()
    }
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in types.items())
    document = json.dumps(rows, default=str, ensure_ascii=False)
    structure = json.dumps([{name: kind.upper() for name, kind in types.items()}])
    with warehouse.open("test") as session:
        session.execute(f"create schema if not exists {ruleset.schema_name}")
        session.execute(f"create or replace table {ruleset.table} ({columns})")
        session.execute(
            f"insert into {ruleset.table} select row.* from"
            " (select unnest(from_json($rows::json, $structure)) as row)",
            {"rows": document, "structure": structure},
        )


# Of columns of canonical tables, whose types are not declared.
_KINDS = {"close_date": "date", "created_at": "timestamptz", "amount": "decimal(18,2)",
          "is_deleted": "boolean"}  # fmt: skip


def failed(places: tuple[Warehouse, StateStore], ruleset: RuleSet, rows: list[Row]) -> set[str]:
    """The rules that these rows break; all of them could be evaluated."""
    warehouse, state = places
    fill(warehouse, ruleset, rows)
    found = run_gate(ruleset, warehouse, state, FixedClock(NOW), run_id="run", gather=plain.gather)
    assert [one.error for one in found.evidence if one.status == "error"] == []
    return {one.rule for one in found.evidence if one.status == "failed"}


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_rule_passes_sound_data_and_fails_what_is_planted(
    places: tuple[Warehouse, StateStore], name: str
) -> None:
    ruleset = SHIPPED[name]
    of_all = {rule.name for rule in ruleset.rules}
    assert failed(places, ruleset, rows_of(ruleset)) == set()
    for rule in sorted(of_all):
        if (name, rule) in FEWER:
            assert failed(places, ruleset, rows_of(ruleset, FEWER[name, rule])) == {rule}
        if (name, rule) in EVERYWHERE:
            rows = rows_of(ruleset, planted=EVERYWHERE[name, rule])
            assert failed(places, ruleset, rows) == {rule}
    in_one = [rule for rule in sorted(of_all) if (name, rule) in IN_ONE_ROW]
    rows = rows_of(ruleset)
    for place, rule in enumerate(in_one, start=1):
        rows[place] |= IN_ONE_ROW[name, rule]
    assert failed(places, ruleset, rows) == set(in_one)


def test_what_is_planted_is_about_shipped_rules() -> None:
    shipped = {(name, rule.name) for name, one in SHIPPED.items() for rule in one.rules}
    assert {*FEWER, *EVERYWHERE, *IN_ONE_ROW} == shipped
