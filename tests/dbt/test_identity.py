"""Who is who in the warehouse: ids over builds, the word of a steward, provenance, explanation."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.app import App
from orchestration.remembering import remembering
from tests.dbt.conftest import Project, rows
from tests.dbt.raw_records import Payload, Version, hubspot, land_more, salesforce, zendesk
from tests.orchestration.command import Said, revops

TARO, OTHER_TARO = "hubspot:contacts:31", "zendesk:users:531"


def stripe(**fields: Any) -> Payload:
    return {"created": 1_717_200_000, "metadata": {}, **fields}


def marketo(**fields: Any) -> Payload:
    return {"createdAt": "2024-08-01T00:00:00Z", "updatedAt": "2025-03-01T09:30:00Z", **fields}


# One person in two tools, and records of the tools that refer to others.
MORE: list[Version] = [
    (
        "hubspot.contacts",
        "31",
        hubspot(email="taro@aoba-mfg.co.jp", firstname="太郎", lastname="田中"),
        3,
        False,
    ),
    (
        "zendesk.users",
        "531",
        zendesk(name="田中 太郎", email="taro@aoba-mfg.co.jp", role="end-user", active=True),
        3,
        False,
    ),
    (
        "stripe.customers",
        "cus_1",
        stripe(name="Blue Leaf Works", metadata={"hubspot_company_id": "2"}),
        3,
        False,
    ),
    (
        "salesforce.contacts",
        "003000000000001AAA",
        salesforce(LastName="Ueda", FirstName="Mio", Email="mio@aoba-mfg.co.jp", AccountId="001A"),
        3,
        False,
    ),
    (
        "salesforce.leads",
        "00Q000000000001AAA",
        salesforce(
            LastName="Ueda",
            Company="somewhere",
            IsConverted=True,
            ConvertedContactId="003000000000001AAA",
        ),
        3,
        False,
    ),
    (
        "marketo.leads",
        "7",
        marketo(lastName="U", sfdcContactId="003000000000001", unsubscribed=True),
        3,
        False,
    ),
]


@dataclass
class Home:
    """A warehouse of one test's own, with its state store."""

    app: App
    project: Project
    path: Path

    def build(self, *selection: str) -> None:
        with remembering(self.app):
            self.project.run("run", *selection, warehouse=self.path)

    def rebuild(self) -> None:
        """Drop all that is not raw, and build it from there; the state store stays."""
        with duckdb.connect(str(self.path)) as connection:
            for (schema,) in connection.execute(
                "select distinct schema_name from duckdb_schemas() where not internal"
                " and schema_name != 'main' and schema_name not like 'raw_%'"
            ).fetchall():
                connection.execute(f'drop schema "{schema}" cascade')
        with remembering(self.app):
            self.project.run(
                "build", "--exclude-resource-type", "test", "unit_test", warehouse=self.path
            )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return rows(self.path, sql)

    def person(self, record: str) -> str:
        ((found,),) = self.rows(
            f"select person_id from identity.person_map where record_reference = '{record}'"
        )
        return str(found)

    def ids(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select record_reference, account_id from identity.account_map"
            " union all select record_reference, person_id from identity.person_map order by all"
        )

    def say(self, *words: str) -> Said:
        said = revops("identity", *words, "--json")
        assert said.code == 0, said.err
        return said


# A second build, of a minute and more; identity itself is tested beside, without dbt.
pytestmark = pytest.mark.slow

IDENTITY = ("--select", "identity", "canonical")


@pytest.fixture(scope="module")
def unified(warehouse: Path, project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built warehouse with the records of these tests."""
    path = tmp_path_factory.mktemp("unified") / warehouse.name
    shutil.copy(warehouse, path)
    land_more(path, MORE)
    project.run("run", "--select", "staging", "identity", "canonical", warehouse=path)
    return path


@pytest.fixture
def home(
    unified: Path, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Home]:
    path = tmp_path / unified.name
    shutil.copy(unified, path)
    monkeypatch.setenv("REVOPS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("REVOPS_WAREHOUSE__PATH", str(path))
    app = App.from_environment()
    yield Home(app, project, path)
    app.state.close()


def test_a_wrong_merge_is_undone_by_one_command_and_stays_undone(home: Home) -> None:
    together = home.person(TARO)
    assert home.person(OTHER_TARO) == together

    home.say("unlink", TARO, OTHER_TARO, "--because", "father and son", "--by", "mio")
    home.build(*IDENTITY)
    apart = home.ids()
    assert home.person(TARO) != home.person(OTHER_TARO)
    assert together in {home.person(TARO), home.person(OTHER_TARO)}
    told = home.rows("select event, rule, why from identity.history where event = 'split'")
    assert told == [("split", "must_not_link", "mio: father and son")]

    home.build(*IDENTITY)
    assert home.ids() == apart
    home.rebuild()
    assert home.ids() == apart

    home.say("link", OTHER_TARO, TARO, "--because", "no, one person")
    home.build(*IDENTITY)
    assert {home.person(TARO), home.person(OTHER_TARO)} == {together}
    ((retired, leads_to),) = home.rows("select retired_id, entity_id from identity.retired_ids")
    assert leads_to == together
    assert home.say("explain", retired).document["id"] == together


def test_a_rebuild_from_raw_finds_ids_that_an_older_newcomer_did_not_change(home: Home) -> None:
    before = dict(home.ids())
    older: Version = (
        "hubspot.contacts",
        "32",
        hubspot("2019-01-01T00:00:00.000Z", email="taro@aoba-mfg.co.jp", lastname="田中"),
        4,
        False,
    )
    land_more(home.path, [older])
    home.build("--select", "staging", "identity", "canonical")
    after = dict(home.ids())
    assert {one: after[one] for one in before} == before
    assert after["hubspot:contacts:32"] == before[TARO]
    home.rebuild()
    assert dict(home.ids()) == after


def test_what_a_tool_says_of_another_tools_record_links_them(home: Home) -> None:
    found = home.rows(
        "select count(distinct account_id) from identity.account_map"
        " where record_reference in ('stripe:customers:cus_1', 'hubspot:companies:2')"
    )
    assert found == [(1,)]
    ueda = "salesforce:contacts:003000000000001AAA"
    assert home.person("salesforce:leads:00Q000000000001AAA") == home.person(ueda)
    assert home.person("marketo:leads:7") == home.person(ueda)


def test_whoever_said_no_to_one_tool_has_said_no(home: Home) -> None:
    found = home.rows(
        "select has_opted_out, rule, record_reference from canonical.person"
        " inner join identity.person_values using (person_id)"
        " where email = 'mio@aoba-mfg.co.jp' and attribute = 'has_opted_out'"
    )
    assert found == [(True, "only_value", "marketo:leads:7")]


def test_a_golden_value_names_its_record_and_what_decided(home: Home) -> None:
    values = {
        row["attribute"]: (row["value"], row["record_reference"], row["rule"])
        for row in home.say("explain", "aoba-mfg.co.jp").document["values"]
    }
    assert values["account_name"] == (
        "青葉製作所㈱",
        "salesforce:accounts:001A",
        "record_reference",
    ), "two records of one tool and one instant differ"
    assert values["employee_count"] == ("1200", "hubspot:companies:1", "only_value")
    assert values["domain"][2] == "agreed"


def test_a_steward_says_what_a_value_is_and_which_is_nobodys(home: Home) -> None:
    company = "hubspot:companies:1"
    home.say("pin", company, "account_name", "青葉製作所", "--because", "as registered")
    home.say("ban", company, "industry", "素材", "--because", "a test entry")
    home.build(*IDENTITY)
    values = {
        row["attribute"]: (row["value"], row["rule"])
        for row in home.say("explain", company).document["values"]
    }
    assert values["account_name"] == ("青葉製作所", "steward")
    assert "industry" not in values
    (one, _) = home.say("decisions").document["decisions"]
    home.say("revoke", str(one["decision_id"]), "--because", "the register was wrong")
    home.build(*IDENTITY)
    found = home.rows("select account_name from canonical.account where domain = 'aoba-mfg.co.jp'")
    assert found == [("青葉製作所㈱",)]


@pytest.mark.parametrize(
    "key",
    [
        "hubspot:contacts:12",
        "hana@aoba-mfg.co.jp",
        "ＨＡＮＡ＠aoba-mfg.co.jp",
        "佐藤　花子",
    ],
)
def test_a_person_is_found_by_whatever_one_has(home: Home, key: str) -> None:
    document = home.say("explain", key).document
    assert {one["record_reference"] for one in document["records"]} == {
        "hubspot:contacts:12",
        "zendesk:users:501",
    }
    assert all(one["accepted"] and one["rule"] for one in document["edges"])
    assert [one["event"] for one in document["history"]] == ["minted"]


def test_who_is_asked_for_by_half_a_name_may_be_several(home: Home) -> None:
    document = home.say("explain", "cobalt").document
    assert {one["name"] for one in document["candidates"]} >= {"Cobalt Inc", "Cobalt GmbH"}


def test_nobody_is_an_answer_that_says_what_to_ask(home: Home) -> None:
    said = revops("identity", "explain", "acc_0000000000000000", "--json")
    assert said.code == 2
    assert "acc_0000000000000000" in said.document["error"]


def test_a_decision_about_what_no_build_has_seen_is_refused(home: Home) -> None:
    said = revops("identity", "link", TARO, "hubspot:contacts:999", "--because", "x", "--json")
    assert said.code == 2
    said = revops("identity", "link", TARO, "hubspot:companies:1", "--because", "x", "--json")
    assert said.code == 2
    said = revops("identity", "unlink", TARO, OTHER_TARO, "--json")
    assert said.code == 2
    assert "reason" in said.document["error"]
