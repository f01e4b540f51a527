"""A table that stays in its file answers as one that is held in memory."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox import store
from sandbox.app import create_app
from sandbox.store import Table
from tests.sandbox.conftest import Caller, Ticks


@pytest.fixture(params=["held", "mapped"])
def make(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Table]:
    if request.param == "mapped":
        monkeypatch.setattr(store, "MAPPED_BYTES", 1)

    def make(*ids: object, numeric: bool = True) -> Table:
        table = Table(lambda record: str(record["id"]), numeric=numeric)
        rows = [{"id": one, "name": f"株式会社 {one}", "amount": 1.5, "x": None} for one in ids]
        path = tmp_path / "rows.ndjson"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        table.load_file(path)
        return table

    return make


def ids(table: Table, after: str | None = None) -> list[object]:
    return [record["id"] for record in table.after(after)]


def test_records_are_in_the_order_of_their_ids(make: Callable[..., Table]) -> None:
    assert ids(make(30, 4, 100)) == [4, 30, 100]
    assert ids(make("b", "a", "B", numeric=False)) == ["B", "a", "b"]


def test_a_record_is_found_by_its_id(make: Callable[..., Table]) -> None:
    table = make(30, 4, 100)
    assert table.get("4") == {"id": 4, "name": "株式会社 4", "amount": 1.5, "x": None}
    assert [table.get(one) for one in ("5", "04", "", "x", "¹", "-4")] == [None] * 6
    assert make("a", "c", numeric=False).get("b") is None


def test_reading_goes_on_behind_an_id_that_need_not_exist(make: Callable[..., Table]) -> None:
    table = make(4, 30, 100)
    assert [ids(table, one) for one in ("4", "5", "100", None)] == [
        [30, 100],
        [30, 100],
        [],
        [4, 30, 100],
    ]
    assert ids(make("a", "c", numeric=False), "b") == ["c"]


def test_the_last_of_two_lines_with_one_id_counts(make: Callable[..., Table]) -> None:
    table = make(4, 30, "4")
    assert (len(table), ids(table)) == (2, ["4", 30])


def test_what_is_put_is_shown_in_its_place_and_what_was_loaded_is_remembered(
    make: Callable[..., Table],
) -> None:
    table = make(4, 30)
    table.put({"id": 4, "name": "new"})
    table.put({"id": 4, "name": "newer"})
    table.put({"id": 20, "name": "added"})
    assert [record["name"] for record in table] == ["newer", "added", "株式会社 30"]
    assert (len(table), table.version, table.highest_number()) == (3, 3, 30)
    assert table.get("4") == {"id": 4, "name": "newer"}
    before = table.loaded("4")
    assert before is not None
    assert before["name"] == "株式会社 4"
    assert table.loaded("20") is None


def test_a_missing_or_empty_file_is_an_empty_table(
    make: Callable[..., Table], tmp_path: Path
) -> None:
    table = make()
    assert (len(table), ids(table), table.highest_number()) == (0, [], 0)
    table.load_file(tmp_path / "none.ndjson")
    assert len(table) == 0


def test_a_broken_line_is_named(make: Callable[..., Table], tmp_path: Path) -> None:
    table = make()
    (tmp_path / "rows.ndjson").write_text('{"id": 1}\n{"id": \n')

    def read() -> int:
        table.load_file(tmp_path / "rows.ndjson")
        return len(table)

    with pytest.raises(ValueError, match=r"rows\.ndjson, line 2: not a JSON record"):
        read()


def test_a_sandbox_on_mapped_files_answers_as_one_in_memory(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answers() -> list[Any]:
        ticks = Ticks()
        caller = Caller(create_app(data, ticks=ticks), data, ticks).log_in()
        found: list[Any] = []
        for _ in range(2):
            contacts = caller.patiently("GET", "/hubspot/crm/v3/objects/contacts?limit=50")
            body = {
                "filterGroups": [],
                "sorts": [{"propertyName": "lastmodifieddate", "direction": "DESCENDING"}],
            }
            newest = caller.patiently("POST", "/hubspot/crm/v3/objects/contacts/search", json=body)
            accounts = caller.soql("SELECT Id, Name FROM Account ORDER BY Name LIMIT 50")
            tickets = caller.patiently("GET", "/zendesk/api/v2/tickets.json?page[size]=50")
            found += [one.get_json() for one in (contacts, newest, accounts, tickets)]
            found.append(caller.records("salesforce", "Opportunity"))
            caller.app.advance()
        return found

    held = answers()
    monkeypatch.setattr(store, "MAPPED_BYTES", 1)
    assert answers() == held
