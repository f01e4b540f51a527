"""What a sync's document may say, and which line is blamed where it says something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reverse_etl.destinations import registry
from reverse_etl.spec import FieldMapping, Identifier, Lookup, Mode, SyncSpec, syncs
from tests.reverse_etl.bench import SPEC
from warehouse.documents import read_document
from warehouse.errors import Misconfigured

SAID: dict[str, Any] = {
    "name": "try",
    "description": "A try.",
    "owner": "revops",
    "model": "sync_try",
    "destination": "hubspot",
    "object": "companies",
    "mode": "update_only",
    "identify_by": {"column": "id"},
    "gate": {"ruleset": "accounts", "key": "account_id"},
    "fields": [{"field": "one", "column": "one"}],
}

PARENT = {"object": "companies", "by": "domain", "column": "a"}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., SyncSpec]:
    """Reads a document that says `more` besides, one key a line."""

    def reading(**more: Any) -> SyncSpec:
        said = {key: value for key, value in (SAID | more).items() if value is not None}
        path = tmp_path / "try.yaml"
        path.write_text(yaml.safe_dump(said, sort_keys=False), "utf-8")
        return read_document(path, SyncSpec)

    return reading


@pytest.mark.parametrize(
    ("mapping", "columns"),
    [
        ({"column": "a"}, ("a",)),
        ({"constant": "revops"}, ()),
        ({"constant": False}, ()),
        ({"constant": 0}, ()),
        ({"constant": 1.5}, ()),
        ({"template": "{a} - {b}, {{a}} {a}"}, ("a", "b")),
        ({"object": {"x": "a", "y": "b", "z": "a"}}, ("a", "b")),
        ({"array": ["b", "a"]}, ("b", "a")),
        ({"lookup": {"object": "companies", "by": "domain", "column": "a"}}, ("a",)),
    ],
)
def test_a_field_comes_from_one_of_six_kinds(
    read: Callable[..., SyncSpec], mapping: dict[str, Any], columns: tuple[str, ...]
) -> None:
    (found,) = read(fields=[{"field": "one", **mapping}]).fields
    assert {found.kind} == mapping.keys()
    assert found.columns == columns
    assert type(getattr(found, found.kind)) in {type(*mapping.values()), tuple, Lookup}


@pytest.mark.parametrize(
    ("fault", "where", "because"),
    [
        ({"nulls": "ignore"}, "fields.1.nulls", "'skip', 'clear' or 'error'"),
        ({"colum": "a"}, "fields.1.colum", "not permitted"),
        ({"column": None}, "fields.1", "one of column, constant, template, object, array, lookup"),
        ({"constant": 1}, "fields.1", "not column and constant"),
        ({"field": "one"}, "fields.1.field", "two columns are mapped to one field"),
        ({"field": 'a"b'}, "fields.1.field", "pattern"),
        ({"only_if_empty": True, "nulls": "clear"}, "fields.1.nulls", "never cleared"),
        ({"column": None, "template": "{a"}, "fields.1.template", "'}'"),
        ({"column": None, "template": "just text"}, "fields.1.template", "say constant"),
        ({"column": None, "template": "{}"}, "fields.1.template", "as it is"),
        ({"column": None, "template": "{a:>3}"}, "fields.1.template", "as it is"),
        ({"column": None, "template": "{a!r}"}, "fields.1.template", "as it is"),
        ({"column": None, "object": {}}, "fields.1.object", "names no column"),
        ({"ownership": "oldest"}, "fields.1.ownership", "warehouse_wins"),
        ({"ownership": "newest"}, "fields.1.ownership", "newest needs changed_at"),
        ({"changed_at": "a"}, "fields.1.changed_at", "only ownership newest"),
        ({"column": None, "lookup": {"object": "companies"}}, "fields.1.lookup.by", "required"),
        (
            {"column": None, "nulls": "clear", "lookup": PARENT | {"missing": "skip"}},
            "fields.1.nulls",
            "needs lookup.missing: withhold",
        ),
    ],
)
def test_what_is_wrong_with_a_field_is_said_with_file_line_and_key(
    read: Callable[..., SyncSpec], fault: dict[str, Any], where: str, because: str
) -> None:
    wrong = {"field": "two", "column": "two"} | fault
    wrong = {key: value for key, value in wrong.items() if value is not None}
    with pytest.raises(Misconfigured) as raised:
        read(fields=[{"field": "one", "column": "one"}, wrong])
    place, _, said = str(raised.value).splitlines()[0].partition(f": {where}: ")
    assert because in said
    # Thirteen lines stand above, the first field is two, and then comes the fault's own key.
    blamed = where.split(".")[2:]
    own = list(wrong).index(blamed[0]) if blamed else 0
    assert place == f"try.yaml:{16 + own}"


@pytest.mark.parametrize(
    ("more", "where", "because"),
    [
        ({"mode": "upsert"}, "identify_by", "needs identify_by.field"),
        ({"mode": "replace"}, "mode", "'update_only'"),
        ({"when_gone": "delete"}, "when_gone", "only mode mirror"),
        ({"mode": "mirror", "when_gone": "burn"}, "when_gone", "'archive' or 'delete'"),
        ({"fields": []}, "fields", "one field at least"),
        ({"doubt": "at_most_once"}, "doubt", "mode append"),
        ({"changed_at": "at"}, "changed_at", "only fields of ownership newest"),
        ({"identify_by": {"field": "x"}}, "identify_by", "either column or columns"),
        (
            {
                "identify_by": {
                    "column": "a",
                    "lookups": {"b": {"object": "companies", "by": "domain"}},
                }
            },
            "identify_by.lookups.b",
            "none of the columns",
        ),
        (
            {"identify_by": {"column": "a", "columns": ["b"]}},
            "identify_by",
            "either column or columns",
        ),
        (
            {
                "mode": "create_only",
                "fields": [{"field": "one", "column": "one", "only_if_empty": True}],
            },
            "fields.0.only_if_empty",
            "no record that is there",
        ),
    ],
)
def test_what_does_not_fit_together_is_said_where_it_stands(
    read: Callable[..., SyncSpec], more: dict[str, Any], where: str, because: str
) -> None:
    with pytest.raises(Misconfigured) as raised:
        read(**more)
    (first, *_) = str(raised.value).splitlines()
    place, _, said = first.partition(f": {where}: ")
    assert because in said
    assert place.startswith("try.yaml:")
    assert int(place.partition(":")[2]) > 1


@pytest.mark.parametrize(
    ("mode", "field", "operations"),
    [
        ("update_only", None, ("update", None)),
        ("upsert", "key", ("upsert", None)),
        ("create_only", "key", ("create", None)),
        ("append", None, ("append", None)),
        ("clear_fields", None, ("update", "update")),
        ("mirror", None, ("update", "archive")),
        ("mirror", "key", ("upsert", "archive")),
        ("add_remove", None, ("add", "remove")),
    ],
)
def test_a_mode_says_what_is_done_with_rows_that_are_there_and_that_have_left(
    mode: Mode, field: str | None, operations: tuple[str, str | None]
) -> None:
    identifier = Identifier(column="id", field=field)
    spec = SPEC.model_copy(update={"mode": mode, "identify_by": identifier})
    assert (spec.operation, spec.leaving) == operations
    assert spec.operations == {one for one in operations if one}


def test_the_column_that_dates_a_field_is_its_own_or_the_syncs(
    read: Callable[..., SyncSpec],
) -> None:
    owned = {"ownership": "newest"}
    spec = read(
        changed_at="at",
        fields=[
            {"field": "one", "column": "one", **owned},
            {"field": "two", "column": "two", "changed_at": "two_at", **owned},
            {"field": "three", "column": "three"},
        ],
    )
    assert spec.dated == {"one": "at", "two": "two_at"}


def test_a_list_needs_no_fields(read: Callable[..., SyncSpec]) -> None:
    assert read(mode="add_remove", fields=None).fields == ()


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_no_template_breaks_the_reader(text: str) -> None:
    try:
        mapping = FieldMapping(field="x", template=text)
    except ValueError:
        return
    assert mapping.columns


def test_the_declared_syncs_are_all_read_again_as_they_are() -> None:
    for spec in syncs().values():
        assert SyncSpec.model_validate(json.loads(spec.model_dump_json())) == spec


# -- when and in which order -----------------------------------------------------------------


def test_a_schedule_is_cron_and_what_it_says_changes_nothing_that_is_sent(
    read: Callable[..., SyncSpec],
) -> None:
    told = read(schedule="0 7 * * 1-5", priority=5)
    assert (told.schedule, told.priority) == ("0 7 * * 1-5", 5)
    assert told.config_hash == read().config_hash, "else every row would be sent anew"
    for key, wrong in (("schedule", "at seven"), ("schedule", "0 0 7 * * *"), ("priority", 101)):
        with pytest.raises(Misconfigured, match=rf"try.yaml:\d+: {key}: "):
            read(**{key: wrong})


def test_of_the_syncs_in_use_the_highest_priority_goes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    specs = {
        name: SPEC.model_copy(update={"name": name, "priority": priority})
        for name, priority in {"a": 0, "b": -1, "c": 7, "d": 0}.items()
    }
    monkeypatch.setattr(registry, "syncs", lambda: specs)
    assert [one.name for one in registry.syncs_in_use(("hubspot",))] == ["c", "a", "d", "b"]
