"""Every column of canonical tables and marts is registered, and no tool is told what it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from quality.governance import REGISTRY, Governance, governance
from reverse_etl.clearance import check_clearance, suppressed, without_suppressed
from reverse_etl.plan import Change, Plan
from reverse_etl.spec import syncs
from warehouse.connection import Session, scratch
from warehouse.documents import read_document
from warehouse.errors import Misconfigured
from warehouse.settings import DBT_PROJECT


def declared() -> dict[str, set[str]]:
    """The columns of every canonical, mart and activation model, as dbt declares them."""
    found = {}
    for layer in ("canonical", "marts", "activation"):
        for path in (DBT_PROJECT / "models" / layer).rglob("*.yml"):
            said = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
            for model in said.get("models") or []:
                columns = {one["name"] for one in model.get("columns", [])}
                found[f"{layer}.{model['name']}"] = columns
    return found


def test_the_registry_is_about_the_models_that_there_are() -> None:
    models = declared()
    tables = {name for name in models if not name.startswith("activation.")}
    assert set(governance().tables) == tables
    columns = set().union(*models.values())
    assert set(governance().class_of) == columns, "edit quality/governance.yaml"


def test_whoever_answers_for_a_table_is_named_with_what_it_is_for() -> None:
    for name, table in governance().tables.items():
        assert table.owner, name
        assert table.purpose, name


@pytest.mark.parametrize(
    "column", ["email", "full_name", "person_id", "owner_name", "message_text"]
)
def test_what_tells_of_a_person_is_not_taken_for_nothing(column: str) -> None:
    assert governance().class_of[column] != "none"


def test_no_shipped_sync_tells_more_than_it_may() -> None:
    for spec in syncs().values():
        check_clearance(spec)


def changed(**said: Any) -> Governance:
    return Governance.model_validate(governance().model_dump() | said)


def test_a_destination_that_is_not_cleared_is_told_nothing_of_the_class() -> None:
    destinations = governance().model_dump()["destinations"]
    destinations["google_ads"]["cleared"] = ("identifier",)
    with pytest.raises(Misconfigured) as raised:
        check_clearance(syncs()["google_ads_audience"], changed(destinations=destinations))
    assert raised.value.exit_code == 2
    assert "google_ads is not cleared" in raised.value.message
    assert "email tells how a person is reached (contact)" in raised.value.message


def test_a_destination_that_nobody_registered_is_told_nothing_of_a_person() -> None:
    spec = syncs()["google_ads_audience"].model_copy(update={"destination": "elsewhere"})
    with pytest.raises(Misconfigured, match="email tells"):
        check_clearance(spec)


def test_a_column_that_nobody_registered_goes_nowhere() -> None:
    columns = governance().model_dump()["columns"]
    columns["contact"] = tuple(one for one in columns["contact"] if one != "email")
    with pytest.raises(Misconfigured, match="email is not registered"):
        check_clearance(syncs()["google_ads_audience"], changed(columns=columns))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  contact: how", "  contacts: how", "classes that nobody explains: contact"),
        ("  contact: [\n", "  contact: [\n    full_name,", "columns of two classes: full_name"),
        ("purpose: marketing}", "purpose: advertising}", "'marketing' or 'service'"),
        ("retention_days: 2555}", "retention: 2555}", "retention"),
    ],
)
def test_a_registry_that_is_wrong_is_refused_by_file(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = REGISTRY.read_text("utf-8")
    assert old in text
    path = tmp_path / "governance.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"governance\.yaml:\d+: ") as raised:
        read_document(path, Governance)
    assert said in raised.value.message


def people(session: Session) -> None:
    session.execute("create schema canonical; create schema ops")
    session.execute(
        "create table canonical.person as select * from (values ('p1', 'a@x.example', true),"
        " ('p2', 'b@x.example', false), ('p3', null, false)) as p (person_id, email, has_opted_out)"
    )


def test_marketing_withholds_who_has_opted_out_and_service_does_not() -> None:
    with scratch() as session:
        people(session)
        assert suppressed(session, syncs()["marketo_leads"]) == {
            "p1": "marketing: has opted out of marketing"
        }
        assert suppressed(session, syncs()["hubspot_contacts"]) == {}
        assert suppressed(session, syncs()["hubspot_companies"]) == {}


def test_a_suppression_list_withholds_by_person_and_by_address_for_its_purpose() -> None:
    with scratch() as session:
        people(session)
        session.execute(
            "create table ops.suppressions as select * from (values"
            " (null, 'B@x.example', 'marketing', 'asked by phone'),"
            " ('p3', null, 'all', 'is in court with us'))"
            " as s (person_id, email, purpose, reason)"
        )
        assert suppressed(session, syncs()["marketo_leads"]).keys() == {"p1", "p2", "p3"}
        assert suppressed(session, syncs()["hubspot_contacts"]) == {
            "p3": "service: is in court with us"
        }


def test_nobody_is_suppressed_before_there_are_people() -> None:
    with scratch() as session:
        assert suppressed(session, syncs()["marketo_leads"]) == {}


def change(key: str, person: str, *, leaves: bool = False) -> Change:
    desired = "" if leaves else "{}"
    return Change(key, "remove" if leaves else "update", {}, {"a": 1}, desired, gate_key=person)


def test_the_plan_says_who_waits_and_why_and_lets_them_be_taken_away() -> None:
    changes = (change("1", "p1"), change("2", "p2"), change("3", "p1", leaves=True))
    plan = Plan(
        *("marketo_leads", "marketo", "leads", "hash", 1, "pass", ()),
        changes=changes,
        withheld=(),
        rows=3,
        unchanged=0,
        gone=0,
    )
    kept = without_suppressed(plan, {"p1": "marketing: has opted out of marketing"})
    assert [one.key for one in kept.changes] == ["2", "3"]
    (withheld,) = kept.withheld
    assert (withheld.key, withheld.reason) == ("1", "suppressed")
    assert withheld.details == ("marketing: has opted out of marketing",)
    assert kept.counts["withheld"] == 1
