"""What the built tables say about the records of `raw_records`."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.dbt.conftest import FILE, Project, Query, rows
from tests.dbt.manifest_rules import Manifest, models
from tests.dbt.raw_records import ALL, Version, hubspot, land

AOBA = (
    "account_id = (select account_id from identity.account_domains where domain = 'aoba-mfg.co.jp')"
)

UNTESTED = ("--exclude-resource-type", "test", "unit_test")


def account_of(query: Query, *references: str) -> set[str]:
    listed = ", ".join(f"'{reference}'" for reference in references)
    found = query(
        f"select account_id from identity.account_map where record_reference in ({listed})"
    )
    assert len(found) == len(references)
    return {account_id for (account_id,) in found}


def test_the_latest_version_of_a_record_wins(query: Query) -> None:
    names = query("select company_name from staging.stg_hubspot__companies where company_id = '1'")
    assert names == [("株式会社青葉製作所",)]


def test_a_bare_tombstone_deletes_a_record_and_keeps_what_was_known_of_it(query: Query) -> None:
    found = query(
        "select company_name, is_deleted, _run_id from staging.stg_hubspot__companies "
        "where company_id = '9'"
    )
    assert found == [("Gone", True, "run-2")]


def test_text_of_a_wrong_type_is_null_and_breaks_nothing(query: Query) -> None:
    assert query("select amount from staging.stg_hubspot__deals where deal_id = '25'") == [(None,)]


def test_spellings_of_one_company_are_one_account(query: Query) -> None:
    assert len(account_of(query, "hubspot:companies:1", "salesforce:accounts:001A")) == 1
    assert len(account_of(query, "hubspot:companies:1", "salesforce:accounts:001B")) == 1
    assert len(account_of(query, "hubspot:companies:1", "zendesk:organizations:9001")) == 1


def test_the_legal_form_does_not_part_companies_without_a_domain(query: Query) -> None:
    assert len(account_of(query, "hubspot:companies:2", "zendesk:organizations:9002")) == 1


def test_free_mail_and_shared_sites_join_nobody(query: Query) -> None:
    lonely = [f"hubspot:companies:{number}" for number in (3, 4, 5, 6)]
    assert len(account_of(query, *lonely)) == 4
    assert query("select account_id from canonical.person where email = 'kai@gmail.com'") == [
        (None,)
    ]


def test_a_name_that_two_domains_carry_points_to_neither(query: Query) -> None:
    cobalts = ["hubspot:companies:7", "hubspot:companies:8", "salesforce:accounts:001C"]
    assert len(account_of(query, *cobalts)) == 3


def test_a_deleted_record_keeps_its_account_and_lends_no_value(query: Query) -> None:
    assert len(account_of(query, "hubspot:companies:7", "salesforce:accounts:001D")) == 1
    found = query(
        "select account_name, industry from canonical.account where domain = 'cobalt.com'"
    )
    assert found == [("Cobalt Inc", None)]


def test_an_account_that_no_tool_knows_any_more_leaves_the_mart_not_the_map(query: Query) -> None:
    (gone,) = account_of(query, "hubspot:companies:9")
    assert query(f"select 1 from marts.accounts where account_id = '{gone}'") == []
    assert query(f"select account_name from canonical.account where account_id = '{gone}'") == [
        ("Gone",)
    ]


def test_each_attribute_comes_from_the_first_tool_that_knows_it(query: Query) -> None:
    found = query(
        "select account_name, industry, country, segment, owner_name "
        f"from marts.accounts where {AOBA}"
    )
    assert found == [("青葉製作所㈱", "素材", "JP", "Enterprise", "Min Lee")]


def test_a_shared_mailbox_joins_no_people_and_still_tells_the_employer(query: Query) -> None:
    found = query(
        f"select count(*), count(*) filter (where {AOBA}) from canonical.person "
        "where email = 'info@aoba-mfg.co.jp'"
    )
    assert found == [(2, 2)]


def test_one_address_in_two_widths_is_one_person(query: Query) -> None:
    found = query(
        f"select full_name, lead_channel from canonical.person where {AOBA} "
        "and email = 'hana@aoba-mfg.co.jp'"
    )
    assert found == [("佐藤 花子", "direct")]


def test_an_agent_is_not_a_customer(query: Query) -> None:
    assert query("select 1 from canonical.person where email = 'agent@us.example'") == []


def test_the_same_seller_in_two_tools_is_one_owner(query: Query) -> None:
    assert query("select owner_name from canonical.owner") == [("Min Lee",)]


def test_a_mirrored_deal_is_not_counted_twice(query: Query) -> None:
    found = query(
        f"select won_opportunity_count, won_revenue_amount from marts.accounts where {AOBA}"
    )
    assert found == [(1, Decimal("5000.00"))]


def test_pipeline_leaves_out_what_is_deleted_omitted_a_renewal_or_without_a_rate(
    query: Query,
) -> None:
    found = query(
        "select open_opportunity_count, open_pipeline_amount, unconverted_opportunity_count "
        f"from marts.accounts where {AOBA}"
    )
    assert found == [(5, Decimal("1250.50"), 1)]


def test_a_deal_closes_on_the_day_of_the_business_time_zone(query: Query) -> None:
    found = query(
        "select close_date::varchar from canonical.opportunity where source_record_id = '23'"
    )
    assert found == [("2025-04-01",)]


def test_an_absurd_amount_is_no_reason_to_fail_a_build(query: Query) -> None:
    found = query("select max(open_pipeline_amount) from marts.accounts")
    assert found == [(Decimal("9750000000.00"),)]


def test_an_orphan_opportunity_arrives_without_an_account(query: Query) -> None:
    found = query("select account_id from canonical.opportunity where source_record_id = '25'")
    assert found == [(None,)]


def test_only_living_tickets_count(query: Query) -> None:
    found = query(f"select ticket_count, open_ticket_count from marts.accounts where {AOBA}")
    assert found == [(2, 1)]


def test_every_living_company_record_is_to_be_synced_once(query: Query) -> None:
    found = query("select hubspot_company_id from activation.sync_hubspot__companies order by 1")
    assert found == [(str(number),) for number in range(1, 9)]


def test_a_score_tells_its_reasons(query: Query) -> None:
    ((tier, fit, reasons),) = query(
        f"select account_tier, floor(fit_points), reasons from marts.account_scores where {AOBA}"
    )
    assert reasons[0].startswith(f"Tier {tier}: fit ")
    assert f"({fit:.0f} of 60)" in reasons[0]
    assert {"Large company: 1,200 people (+15)", "Won revenue: 5,000 USD (+6)"} <= set(reasons)


def test_every_model_records_the_build_it_came_from(query: Query, manifest: Manifest) -> None:
    (found,) = query("select count(*), count(distinct invocation_id) from ops.model_builds")
    assert found == (len(list(models(manifest))), 1)


def test_nothing_that_was_built_needs_what_a_plain_client_lacks(query: Query) -> None:
    with pytest.raises(duckdb.CatalogException, match="revops_nfkc"):
        query("select revops_nfkc('x')")
    # A view could call our functions, which exist in dbt's connection only; a table cannot.
    views = query("select schema_name, view_name from duckdb_views() where not internal")
    assert {schema for schema, _ in views} <= {"activation", "identity_work", "marts"}
    for schema, view in views:
        query(f"from {schema}.{view} limit 1")


@pytest.mark.slow
def test_ids_survive_new_records_and_another_order(
    query: Query, project: Project, tmp_path: Path
) -> None:
    newcomer: Version = (
        "hubspot.companies",
        "99",
        hubspot("2025-03-02T00:00:00.000Z", name="Aoba", domain="aoba-mfg.co.jp"),
        3,
        False,
    )
    later = tmp_path / FILE
    land(later, [newcomer, *reversed(ALL)])
    project.run("build", "--select", "+identity", *UNTESTED, warehouse=later)
    ids = "select record_reference, {} from identity.{} where record_reference not like '%:99'"
    for entity in ("account", "person", "owner", "opportunity"):
        sql = f"{ids.format(f'{entity}_id', f'{entity}_map')} order by 1"
        assert rows(later, sql) == query(sql)


@pytest.mark.slow
def test_a_warehouse_without_a_single_record_builds(project: Project, tmp_path: Path) -> None:
    empty = tmp_path / FILE
    land(empty, [])
    project.run("build", *UNTESTED, warehouse=empty)
    assert rows(empty, "select count(*) from marts.accounts") == [(0,)]
