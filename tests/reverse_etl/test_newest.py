"""Whose value stands where both sides changed a field: the newest one, or a person is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverse_etl.conflicts import compared, instant_of
from reverse_etl.destinations.hubspot import HubSpotObjects
from reverse_etl.destinations.registry import destination_for
from reverse_etl.plan import Change
from reverse_etl.spec import SyncSpec
from tests.reverse_etl.bench import AS_OF, FIRST_ID, READ, SPEC, Bench, wished
from tests.reverse_etl.test_conflicts import SCORE, TIER, edit, same
from tests.reverse_etl.test_conformance import READABLE, bed
from tests.reverse_etl.test_plan import planned
from tests.reverse_etl.test_plan import spec_of as plain_spec
from warehouse.errors import Misconfigured

KEY = str(FIRST_ID)


def newest(base: SyncSpec = SPEC, *fields: str, column: str = "updated_at") -> SyncSpec:
    """A sync whose named fields belong to whoever changed them last."""
    owned = {"ownership": "newest"}
    return base.model_copy(
        update={
            "changed_at": column,
            "fields": tuple(
                one.model_copy(update=owned) if one.field in (fields or {SCORE}) else one
                for one in base.fields
            ),
        }
    )


# Around one instant, in steps that are less, as much and more than what counts as a tie.
instants = st.none() | st.sampled_from([-3600, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 3600]).map(
    lambda seconds: AS_OF + timedelta(seconds=seconds)
)
held_values = st.sampled_from([None, "", "ours", "last", "theirs"])
sides = st.fixed_dictionaries(
    {
        "last": st.sampled_from([None, "last"]),
        "holds": held_values,
        "ours": instants,
        # Of the field alone, where the tool knows that.
        "own": instants,
    }
)
rows = st.fixed_dictionaries({"score": sides, "tier": sides, "theirs": instants})
forms = st.sampled_from(["{:%Y-%m-%dT%H:%M:%S.%fZ}", "{:%Y-%m-%dT%H:%M:%S.%f+0000}"])


def decision_of(last: object, holds: object, ours: datetime | None, theirs: datetime | None) -> str:
    """What is to become of one field, said once more and otherwise than the product says it."""
    untouched = holds == last or (not holds and not last)
    if holds == "ours" or untouched:
        return "sent"
    if not (ours and theirs):
        return "asked"
    by = (ours - theirs).total_seconds()
    return "sent" if by >= 1 else "kept" if by <= -1 else "asked"


@given(table=st.dictionaries(st.sampled_from("abc"), rows), form=forms)
def test_the_newest_value_stands_and_whoever_cannot_be_told_is_asked(
    table: Mapping[str, Any], form: str
) -> None:
    spec = newest(plain_spec(), "score", "tier")
    fields = ("score", "tier")
    changes = tuple(
        Change(
            key,
            "update",
            {name: row[name]["last"] for name in fields if row[name]["last"]},
            dict.fromkeys(fields, "ours"),
            "{}",
            changed_at={
                name: form.format(row[name]["ours"]) for name in fields if row[name]["ours"]
            },
        )
        for key, row in table.items()
    )
    held = {
        key: {name: row[name]["holds"] for name in fields}
        | {"modified": row["theirs"] and form.format(row["theirs"])}
        for key, row in table.items()
    }
    known = {
        key: {name: form.format(row[name]["own"]) for name in fields if row[name]["own"]}
        for key, row in table.items()
    }
    plan = compared(spec, replace(planned({}), changes=changes), held, same, "modified", known)
    sent = {one.key: set(one.after) for one in plan.changes}
    kept_back = {one.key: one.reason for one in plan.withheld}
    for key, row in table.items():
        said = {
            name: decision_of(
                row[name]["last"],
                row[name]["holds"],
                row[name]["ours"],
                row[name]["own"] or row["theirs"],
            )
            for name in fields
        }
        if "asked" in said.values():
            assert (sent.get(key), kept_back[key]) == (None, "conflict")
        elif "sent" not in said.values():
            assert (sent.get(key), kept_back[key]) == (None, "ownership")
        else:
            assert key not in kept_back
            assert sent[key] == {name for name in fields if said[name] == "sent"}


@pytest.mark.parametrize(
    ("told", "instant"),
    [
        ("2026-11-20T09:00:00.000Z", AS_OF),
        ("2026-11-20T18:00:00+09:00", AS_OF),
        ("2026-11-20T09:00:00.000+0000", AS_OF),
        (int(AS_OF.timestamp()), AS_OF),
        (AS_OF.astimezone(timezone(timedelta(hours=2))).isoformat(), AS_OF),
        ("2026-11-20T09:00:00", None),
        ("yesterday", None),
        (None, None),
        (True, None),
    ],
)
def test_an_instant_is_read_as_tools_write_it_and_never_without_its_zone(
    told: object, instant: datetime | None
) -> None:
    assert instant_of(told) == instant


@pytest.mark.parametrize("name", READABLE)
def test_each_tool_tells_when_its_records_were_changed_or_says_that_it_does_not(name: str) -> None:
    with bed(name) as made:
        field, rows = made.destination.modified_field, made.rows(1)
        if field is None:
            assert name.split("_", maxsplit=1)[0] not in {"salesforce", "marketo", "zendesk"}
            return
        made.write(rows)
        told = made.destination.read([rows[0].key], [field])
    # Who is on a list or has a tag has no fields that could be anybody's.
    assert not made.case.spec.fields or instant_of(told[rows[0].key][field])


def test_a_tool_that_does_not_tell_when_a_record_changed_cannot_be_asked_for_the_newest(
    bench: Bench,
) -> None:
    spec = newest().model_copy(update={"object": "list_members:companies", "mode": "add_remove"})
    with bench.client() as client, pytest.raises(Misconfigured, match="does not tell when"):
        destination_for(spec, client)


@pytest.fixture
def edited(bench: Bench) -> Bench:
    """Everything was sent; then a person set the score of the first company to 55."""
    wish(bench, None, [wished(n) for n in range(2)])
    bench.judge()
    bench.sync(newest())
    edit(bench, {SCORE: "55"})
    return bench


def wish(bench: Bench, at: datetime | None, rows: Any, kind: str = "timestamptz") -> None:
    """The model of these rows, all of them changed at this instant."""
    bench.wish(rows)
    with bench.warehouse.open("test") as session:
        table = f"activation.{SPEC.model}"
        session.execute(f"alter table {table} add column updated_at {kind}")
        session.execute(f"update {table} set updated_at = $at", {"at": at})


def when_edited(bench: Bench) -> datetime:
    found = instant_of(bench.companies()[KEY]["hs_lastmodifieddate"])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("later", "holds", "tier"),
    [(60, "90", "C"), (-60, "55", "C"), (0, "55", "A"), (None, "55", "A")],
)
def test_hubspots_own_instant_decides_and_the_rest_of_the_record_goes_with_it(
    edited: Bench, later: int | None, holds: str, tier: str
) -> None:
    at = None if later is None else when_edited(edited) + timedelta(seconds=later)
    wish(edited, at, [wished(n, account_score=90, account_tier="C") for n in range(2)])
    plan = edited.sync(newest()).plan
    held = edited.companies()
    assert (held[KEY][SCORE], held[KEY][TIER]) == (holds, tier)
    assert held[str(FIRST_ID + 1)][SCORE] == "90"
    assert [one.reason for one in plan.withheld] == ([] if tier == "C" else ["conflict"])


def test_hubspots_history_of_the_property_counts_and_not_what_else_befell_the_record(
    edited: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The record itself says that nobody has touched it for long.
    monkeypatch.setattr(HubSpotObjects, "modified_field", "createdate")
    at = when_edited(edited) - timedelta(seconds=60)
    wish(edited, at, [wished(n, account_score=90, account_tier="C") for n in range(2)])
    plan = edited.sync(newest()).plan
    assert [one.decision for one in plan.conflicts] == ["kept"]
    assert edited.companies()[KEY][SCORE] == "55"
    # What nobody else has written is not asked about.
    read = edited.calls(READ)
    wish(edited, at, [wished(n, account_score=90, account_tier="B") for n in range(1, 2)])
    assert edited.sync(newest()).exit_code == 0
    assert edited.calls(READ) == read + 1


def test_a_column_that_is_no_instant_is_a_fault_of_the_document(bench: Bench) -> None:
    wish(bench, None, [wished(0)], kind="varchar")
    with pytest.raises(Misconfigured, match="no instant: updated_at"):
        bench.plan(newest())
    with pytest.raises(Misconfigured, match="does not have: changed"):
        bench.plan(newest(column="changed"))
