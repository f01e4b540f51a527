import csv
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.generate import generate
from sandbox.instants import parse_instant
from sandbox.manifest import read_manifest

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)

# What the story of the demo's second day is about; the other tools add to it as they like.
CRM_AND_DESK = {
    *(("hubspot", kind) for kind in ("companies", "contacts", "deals", "owners")),
    *(("salesforce", kind) for kind in ("Account", "Contact", "Opportunity", "User")),
    *(("zendesk", kind) for kind in ("organizations", "users", "tickets")),
}


def read(data: Path, vendor: str, kind: str) -> list[dict[str, Any]]:
    text = (data / vendor / f"{kind}.ndjson").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def all_bytes(data: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(data)): path.read_bytes()
        for path in sorted(data.rglob("*"))
        if path.is_file()
    }


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000))
def test_the_same_seed_writes_the_same_bytes(tmp_path: Path, seed: int) -> None:
    for name in ("one", "two"):
        generate(tmp_path / name, seed=seed, as_of=AS_OF)
    assert all_bytes(tmp_path / "one") == all_bytes(tmp_path / "two")


def test_another_seed_writes_another_company(tmp_path: Path, data: Path) -> None:
    generate(tmp_path, seed=8, as_of=AS_OF)
    assert all_bytes(tmp_path) != all_bytes(data)


def test_the_manifest_counts_what_the_files_hold(data: Path) -> None:
    manifest = read_manifest(data)
    for vendor, kinds in manifest.counts.items():
        for kind, number in kinds.items():
            assert len(read(data, vendor, kind)) == number


def test_small_has_the_size_a_demo_needs(data: Path) -> None:
    counts = read_manifest(data).counts
    assert 55 <= counts["hubspot"]["companies"] <= 85
    assert 180 <= counts["hubspot"]["contacts"] <= 330
    assert 80 <= counts["salesforce"]["Opportunity"] <= 170
    assert 200 <= counts["zendesk"]["tickets"] <= 450


def test_every_account_and_person_record_has_a_truth(data: Path) -> None:
    parties = {
        "accounts": {
            ("hubspot", "companies"),
            ("salesforce", "Account"),
            ("zendesk", "organizations"),
        },
        "people": {
            ("hubspot", "contacts"),
            ("hubspot", "owners"),
            ("salesforce", "Contact"),
            ("salesforce", "User"),
            ("zendesk", "users"),
        },
    }
    for name, places in parties.items():
        with (data / "truth" / f"{name}.csv").open(encoding="utf-8") as file:
            told = Counter(
                (r["vendor"], r["object"], r["record_id"])
                for r in csv.DictReader(file)
                if (r["vendor"], r["object"]) in places
            )
        held = Counter(
            (vendor, kind, str(record.get("id", record.get("Id"))))
            for vendor, kind in places
            for record in read(data, vendor, kind)
        )
        assert told == held
        assert max(held.values()) == 1


def test_references_lead_somewhere(data: Path) -> None:
    companies = {r["id"] for r in read(data, "hubspot", "companies")}
    opportunities = {r["Id"] for r in read(data, "salesforce", "Opportunity")}
    accounts = {r["Id"] for r in read(data, "salesforce", "Account")}
    users = {r["id"] for r in read(data, "zendesk", "users")}
    for deal in read(data, "hubspot", "deals"):
        assert deal["properties"]["hs_primary_associated_company"] in companies
        assert deal["properties"]["salesforce_opportunity_id"] in {None, *opportunities}
    assert {r["AccountId"] for r in read(data, "salesforce", "Opportunity")} <= accounts
    assert {r["ParentId"] for r in read(data, "salesforce", "Account")} <= {None, *accounts}
    assert {r["requester_id"] for r in read(data, "zendesk", "tickets")} <= users


def test_amounts_are_sane_on_the_first_day(data: Path) -> None:
    amounts = [r["Amount"] for r in read(data, "salesforce", "Opportunity")]
    amounts += [
        int(amount) if (amount := r["properties"]["amount"]) else None
        for r in read(data, "hubspot", "deals")
    ]
    assert all(amount is None or 2_000 <= amount <= 400_000 for amount in amounts)
    assert None in amounts


def test_names_are_as_messy_as_people_type_them(data: Path) -> None:
    names = [r["properties"]["name"] for r in read(data, "hubspot", "companies")]
    names += [r["Name"] for r in read(data, "salesforce", "Account")]
    text = "\n".join(names)
    for trace in ("株式会社", "(株)", "㈱", "Co., Ltd.", "Inc", "Ltd", "　"):
        assert trace in text
    assert any("ｦ" <= letter <= "ﾝ" for letter in text)


def test_nothing_changes_in_the_last_ten_minutes(data: Path) -> None:
    latest = max(parse_instant(r["updated_at"]) for r in read(data, "zendesk", "tickets"))
    assert latest <= AS_OF - timedelta(minutes=9)


def test_hubspot_holds_an_address_once(data: Path) -> None:
    emails = [r["properties"]["email"] for r in read(data, "hubspot", "contacts")]
    folded = [email.strip().lower() for email in emails if email]
    assert len(folded) == len(set(folded))


def test_the_next_day_deletes_one_open_opportunity_and_mistypes_one_amount(data: Path) -> None:
    before = {r["Id"]: r for r in read(data, "salesforce", "Opportunity")}
    deletes = (data / "next_day" / "deletes.ndjson").read_text("utf-8").splitlines()
    (deleted,) = [
        one for one in map(json.loads, deletes) if (one["vendor"], one["object"]) in CRM_AND_DESK
    ]
    assert (deleted["vendor"], deleted["object"]) == ("salesforce", "Opportunity")
    gone = before[deleted["id"]]
    assert not gone["IsClosed"]
    assert gone["Amount"] is not None
    after = read(data / "next_day", "salesforce", "Opportunity")
    typos = [r for r in after if r["Amount"] == 9_750_000_000]
    assert len(typos) == 1
    assert not typos[0]["IsClosed"]
    assert typos[0]["Id"] != deleted["id"]
    for account_id in (gone["AccountId"], typos[0]["AccountId"]):
        assert is_known_in_hubspot(data, account_id)


def is_known_in_hubspot(data: Path, account_id: str) -> bool:
    with (data / "truth" / "accounts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    key = next(r["account"] for r in rows if r["record_id"] == account_id)
    return any(r["vendor"] == "hubspot" and r["account"] == key for r in rows)


def test_the_next_day_changes_about_ten_records_and_adds_a_few(data: Path) -> None:
    added = changed = 0
    for path in (data / "next_day").rglob("*/*.ndjson"):
        vendor, kind = path.parent.name, path.stem
        if (vendor, kind) not in CRM_AND_DESK:
            continue
        known = {r.get("id", r.get("Id")) for r in read(data, vendor, kind)}
        for record in read(data / "next_day", vendor, kind):
            is_new = record.get("id", record.get("Id")) not in known
            added, changed = added + is_new, changed + (not is_new)
    assert added == 3
    assert 8 <= changed <= 14


def test_a_directory_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("keep me")
    with pytest.raises(ValueError, match="not empty"):
        generate(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "keep me"


def test_an_instant_without_a_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        generate(tmp_path, as_of=datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plain") / "data"
    generate(out, as_of=AS_OF, plain=True)
    return out


def told(data: Path, name: str) -> list[dict[str, str]]:
    with (data / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_only_a_plain_company_has_a_canonical_truth(data: Path, plain: Path) -> None:
    assert not (data / "truth" / "canonical").exists()
    tables = {path.stem for path in (plain / "truth" / "canonical").glob("*.csv")}
    assert len(tables) == 26
    assert [name for name in sorted(tables) if not told(plain, f"canonical/{name}")] == []


def test_in_a_plain_company_nobody_is_there_twice(plain: Path) -> None:
    for name, key in (("accounts", "account"), ("people", "person")):
        records = [(r["vendor"], r["object"], r[key]) for r in told(plain, name)]
        assert len(set(records)) == len(records)
    names = [r["account_name"] for r in told(plain, "canonical/account")]
    assert len(set(names)) == len(names)
    addresses = [r["email"] for r in told(plain, "canonical/person")]
    assert len(set(addresses)) == len(addresses)


def test_the_canonical_truth_refers_to_what_is_in_it(plain: Path) -> None:
    accounts = {r["account_id"] for r in told(plain, "canonical/account")}
    people = {r["person_id"] for r in told(plain, "canonical/person")}
    owners = {r["owner_id"] for r in told(plain, "canonical/owner")}
    for name in ("opportunity", "activity", "ticket", "touch", "subscription_item", "web_session"):
        for row in told(plain, f"canonical/{name}"):
            assert row.get("account_id", "") in {"", *accounts}
            assert row.get("person_id", "") in {"", *people}
            assert row.get("owner_id", "") in {"", *owners}


def test_a_plain_company_is_the_same_for_the_same_seed(plain: Path, tmp_path: Path) -> None:
    generate(tmp_path / "again", as_of=AS_OF, plain=True)
    for path in (plain / "truth" / "canonical").iterdir():
        again = tmp_path / "again" / "truth" / "canonical" / path.name
        assert again.read_bytes() == path.read_bytes(), path.name
