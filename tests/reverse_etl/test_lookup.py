"""The ids of parents: found in what was landed and in what we made, or the row stays back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverse_etl.diff import difference
from reverse_etl.explain import explain
from reverse_etl.lookup import resolved
from reverse_etl.spec import FieldMapping, Identifier, Lookup, Parent, SyncSpec
from tests.reverse_etl.bench import AS_OF, FIRST_ID, SPEC, Bench, wished
from tests.reverse_etl.test_mapping import quick
from warehouse.connection import ColumnType, Session, scratch
from warehouse.deliveries import Deliveries, NewEntry, PlanHeader, Settlement
from warehouse.errors import Misconfigured
from warehouse.state import StateStore

# What a company of HubSpot takes as a parent's id here: its own text field.
PARENT = "revops_account_id"
# A text column of the model that is there for nothing else here.
BY_DOMAIN = Lookup(object="companies", by="domain", column="health_band")


def looking(lookup: Lookup = BY_DOMAIN, **more: Any) -> SyncSpec:
    """The sync of companies, with a parent looked up for the first field."""
    others = [one for one in SPEC.fields if one.column not in {"account_id", "health_band"}]
    fields = (FieldMapping(field=PARENT, lookup=lookup, **more), *others)
    return SPEC.model_copy(update={"fields": fields})


def land(bench: Bench, *versions: tuple[str, str | None, bool], stream: str = "companies") -> None:
    """Versions of records as a connector lands them: the id, the domain, whether it is gone."""
    with bench.warehouse.open("test") as session:
        session.execute("create schema if not exists raw_hubspot")
        session.execute(
            f"create table if not exists raw_hubspot.{stream} (_key varchar, payload json,"
            " _deleted boolean, _cursor varchar, _extracted_at timestamptz, _run_id varchar)"
        )
        for number, (key, domain, is_gone) in enumerate(versions):
            payload = json.dumps({"id": key, "properties": {"domain": domain}})
            session.execute(
                f"insert into raw_hubspot.{stream}"
                " values ($key, $payload, $gone, null, now(), $run)",
                {"key": key, "payload": payload, "gone": is_gone, "run": f"run-{number}"},
            )


def held_back(plan: Any) -> dict[str | None, tuple[str, tuple[str, ...]]]:
    return {one.key: (one.reason, one.details) for one in plan.withheld}


def test_a_parent_that_was_landed_is_sent_by_its_id_and_only_once(bench: Bench) -> None:
    land(bench, ("900", "Acme.example ", False), ("901", "other.example", False))
    bench.wish([wished(0, health_band="acme.EXAMPLE"), wished(1, health_band=None)])
    bench.judge()
    result = bench.sync(looking())
    assert result.exit_code == 0
    assert bench.companies()[str(FIRST_ID)][PARENT] == "900"
    assert bench.companies()[str(FIRST_ID + 1)][PARENT] is None
    again = bench.sync(looking())
    assert (again.plan.changes, again.plan.unchanged) == ((), 2)


def test_a_row_without_its_parent_stays_back_and_goes_once_the_parent_is_there(
    bench: Bench,
) -> None:
    land(bench, ("900", "two.example", False), ("901", "two.example", False))
    rows = [
        wished(0, health_band="none.example"),
        wished(1, health_band="two.example"),
        wished(2, health_band=None),
    ]
    bench.wish(rows)
    bench.judge()
    plan = bench.sync(looking()).plan
    assert held_back(plan) == {
        str(FIRST_ID): (
            "parent_not_found",
            (f"{PARENT}: companies has no record with domain 'none.example'",),
        ),
        str(FIRST_ID + 1): (
            "parent_is_ambiguous",
            (f"{PARENT}: companies has several records with domain 'two.example'",),
        ),
    }
    assert bench.companies()[str(FIRST_ID)]["revops_account_tier"] is None
    land(bench, ("902", "none.example", False), ("901", "two.example", True))
    assert held_back(bench.sync(looking()).plan) == {}
    held = bench.companies()
    assert [held[str(FIRST_ID + n)][PARENT] for n in range(2)] == ["902", "900"]


def test_a_parent_that_is_lost_again_takes_nothing_away(bench: Bench) -> None:
    land(bench, ("900", "one.example", False))
    bench.wish([wished(0, health_band="one.example")])
    bench.judge()
    bench.sync(looking())
    land(bench, ("900", "renamed.example", False))
    plan = bench.sync(looking()).plan
    assert [one.reason for one in plan.withheld] == ["parent_not_found"]
    skipping = looking(BY_DOMAIN.model_copy(update={"missing": "skip"}))
    bench.wish([wished(0, health_band="one.example", account_tier="B")], build="build-2")
    bench.judge(build="build-2")
    assert bench.sync(skipping).plan.withheld == ()
    held = bench.companies()[str(FIRST_ID)]
    assert (held[PARENT], held["revops_account_tier"]) == ("900", "B")


@pytest.mark.parametrize("nulls", ["skip", "clear"])
def test_null_is_sent_only_where_the_row_has_no_parent_and_says_clear(
    bench: Bench, nulls: Any
) -> None:
    land(bench, ("900", "one.example", False))
    bench.wish([wished(0, health_band="one.example"), wished(1, health_band="one.example")])
    bench.judge()
    bench.sync(looking(nulls=nulls))
    rows = [wished(0, health_band="lost.example"), wished(1, health_band=None)]
    bench.wish(rows, build="build-2")
    bench.judge(build="build-2")
    kept = held_back(bench.sync(looking(nulls=nulls)).plan)
    held = bench.companies()
    assert kept[str(FIRST_ID)][0] == "parent_not_found"
    assert held[str(FIRST_ID)][PARENT] == "900"
    assert str(FIRST_ID + 1) not in kept
    assert held[str(FIRST_ID + 1)][PARENT] == (None if nulls == "clear" else "900")


def test_explain_tells_which_parent_is_not_known(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.wish([wished(0, health_band="none.example")])
    bench.judge()
    monkeypatch.setattr("reverse_etl.explain.syncs", lambda: {SPEC.name: looking()})
    told = explain(bench.warehouse, bench.state, "hubspot", "companies", str(FIRST_ID))
    (now,) = told["now"]
    assert [one["reason"] for one in now["withheld"]] == ["parent_not_found"]


def test_what_nobody_can_know_is_a_fault_of_the_document(bench: Bench) -> None:
    bench.wish([wished(0)])
    lookup = Lookup(object="castles", by="name", column="health_band")
    with pytest.raises(
        Misconfigured, match=r"hubspot_companies\.yaml: health_band cannot be looked"
    ):
        bench.plan(looking(lookup))
    missing = Lookup(object="companies", by="domain", column="colour")
    with pytest.raises(Misconfigured, match="does not have: colour"):
        bench.plan(looking(missing))


# -- pairs of ids --------------------------------------------------------------------------

PAIRS = SPEC.model_copy(
    update={
        "object": "associations:contacts:companies",
        "mode": "add_remove",
        "fields": (),
        "identify_by": Identifier(
            columns=("hubspot_company_id", "health_band"),
            lookups={"health_band": Parent(object="companies", by="domain")},
        ),
    }
)


def test_half_of_a_key_can_be_looked_up_and_what_is_not_known_takes_nothing_away(
    bench: Bench,
) -> None:
    land(bench, ("900", "one.example", False), ("901", "two.example", False))
    bench.wish([wished(0, health_band="one.example"), wished(1, health_band="two.example")])
    bench.judge()
    plan = bench.plan(PAIRS)
    keys = [f"{FIRST_ID}|900", f"{FIRST_ID + 1}|901"]
    assert [(one.key, one.operation) for one in plan.changes] == [(key, "add") for key in keys]
    deliver(bench.state, PAIRS, dict.fromkeys(keys, ""))
    assert bench.plan(PAIRS).unchanged == 2
    rows = [
        wished(0, health_band="lost.example"),
        wished(1, health_band="lost.example"),
        wished(2, health_band=None),
    ]
    bench.wish(rows, build="build-2")
    bench.judge(build="build-2")
    plan = bench.plan(PAIRS)
    assert plan.changes == ()
    told = [(one.reason, one.rows, one.details) for one in plan.withheld if one.key is None]
    said = ("companies has no record with domain 'lost.example'",)
    assert told == [("parent_not_found", 2, said), ("key_is_null", 1, ())]
    assert sum(one.rows for one in plan.withheld) == plan.rows == 3


# -- what we made --------------------------------------------------------------------------

MAKER = SPEC.model_copy(
    update={
        "name": "maker",
        "mode": "upsert",
        "identify_by": Identifier(column="domain", field="domain"),
    }
)


def deliver(state: StateStore, spec: SyncSpec, ids: dict[str, str], *, run: str = "r") -> None:
    """As if a run had written records under these keys, which the tool calls so."""
    deliveries = Deliveries(state)
    header = PlanHeader(
        f"{run}:{spec.name}", spec.name, spec.destination, spec.object, run, None, "", {}
    )
    rows = [NewEntry(key, spec.operation, {}, {}, "{}") for key in ids]
    entries = deliveries.open_plan(header, rows, AS_OF)
    outcomes = [Settlement(one, "acknowledged", tool_id=ids[one.key] or None) for one in entries]
    deliveries.settle(spec.name, outcomes, AS_OF)


def test_a_parent_that_we_made_is_known_before_it_is_landed(bench: Bench) -> None:
    with bench.warehouse.open("test") as session:
        session.execute("create schema activation")
        session.execute(
            f"create table activation.{SPEC.model} as"
            " select 'k' as hubspot_company_id, domain as account_id, domain as health_band"
            " from (values ('ours.example'), ('moved.example'), ('gone.example')) as t (domain)"
        )
    land(bench, ("901", "elsewhere.example", False), ("902", "gone.example", True))
    made = {"ours.example": "900", "moved.example": "901", "gone.example": "902"}
    deliver(bench.state, MAKER, made)
    with bench.warehouse.open("test") as session:
        spec = looking().model_copy(update={"fields": looking().fields[:1]})
        known = resolved(session, spec, bench.state, [MAKER])
        assert session.rows(f"select account_id, _parent_0 from {known.table} order by all") == [
            {"account_id": "gone.example", "_parent_0": '{"no_record_with":"gone.example"}'},
            {"account_id": "moved.example", "_parent_0": '{"no_record_with":"moved.example"}'},
            {"account_id": "ours.example", "_parent_0": '"900"'},
        ]
        others = [MAKER.model_copy(update={"object": "contacts"})]
        alone = resolved(session, spec, bench.state, others)
        assert session.value(
            f"select count(*) from {alone.table} where _parent_0::varchar like '%ours%'"
        )


# -- what the tool is asked for --------------------------------------------------------------

ASKED = Lookup(object="companies", by="erp_id", column="health_band", ask=True)
READ = "/crm/v3/objects/companies/batch/read"


def test_a_parent_that_nobody_knows_is_asked_for_where_the_sync_says_so(bench: Bench) -> None:
    with bench.client() as client:
        named = {"id": str(FIRST_ID + 3), "properties": {"erp_id": "ERP 3"}}
        client.post("/crm/v3/objects/companies/batch/update", {"inputs": [named]})
    rows = [
        wished(0, health_band="erp 3"),
        wished(1, health_band="ERP 9"),
        wished(2, health_band=None),
    ]
    bench.wish(rows)
    bench.judge()
    told = [one.reason for one in bench.plan(looking(ASKED)).withheld]
    assert told == ["parent_not_found", "parent_not_found"]
    plan = bench.sync(looking(ASKED)).plan
    assert held_back(plan) == {
        str(FIRST_ID + 1): (
            "parent_not_found",
            (f"{PARENT}: companies has no record with erp_id 'ERP 9'",),
        )
    }
    assert bench.companies()[str(FIRST_ID)][PARENT] == str(FIRST_ID + 3)
    # The tool tells the same next time: there is nothing to be sent.
    again = bench.preview(looking(ASKED))
    assert (again.changes, again.unchanged) == ((), 2)


def test_a_field_by_which_the_tool_finds_nobody_cannot_be_asked_for(bench: Bench) -> None:
    bench.wish([wished(0, health_band="x")])
    bench.judge()
    with pytest.raises(Misconfigured, match="cannot be asked for companies by name"):
        bench.preview(looking(ASKED.model_copy(update={"by": "name"})))


names = st.sampled_from(["a", "A", " a", "b", "c", "ä"])
records = st.lists(
    st.tuples(st.sampled_from(["1", "2", "3"]), st.none() | names, st.booleans()), max_size=6
)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with scratch() as opened:
        opened.execute("create schema activation")
        opened.execute("create schema raw_hubspot")
        yield opened


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StateStore]:
    state = StateStore(f"sqlite:///{tmp_path_factory.mktemp('parents') / 'state.sqlite'}")
    yield state
    state.close()


@settings(quick, max_examples=25)
@given(landed=records, wanted=st.lists(st.none() | names, min_size=1, max_size=4))
def test_every_row_has_the_one_record_there_is_or_says_why_not(
    session: Session,
    store: StateStore,
    landed: Sequence[tuple[str, str | None, bool]],
    wanted: Sequence[str | None],
) -> None:
    """Held against a search of its own, record by record."""
    alive = {key: None if is_gone else domain for key, domain, is_gone in landed}
    build(session, landed, wanted)
    spec = SPEC.model_copy(
        update={
            "identify_by": Identifier(column="id"),
            "gate": SPEC.gate.model_copy(update={"key": "id"}),
            "fields": (FieldMapping(field=PARENT, lookup=BY_DOMAIN),),
        }
    )
    found = difference(session, resolved(session, spec, store, []), [])
    sent = {one.key: json.loads(one.patch).get(PARENT) for one in found.candidates}
    for number, domain in enumerate(wanted):
        ids = [key for key, its in alive.items() if its and domain and same(its, domain)]
        wish = sent[str(number)]
        if domain is None:
            assert wish is None
        elif len(ids) == 1:
            assert wish == ids[0]
        else:
            assert isinstance(wish, dict)
            assert [*wish] == ["several_records_with" if ids else "no_record_with"]


def same(one: str, other: str) -> bool:
    return one.strip().lower() == other.strip().lower()


def build(
    session: Session, landed: Sequence[tuple[str, str | None, bool]], wanted: Sequence[str | None]
) -> None:
    """A model and a log of versions, each later than the one before."""
    session.execute(
        f"create or replace table activation.{SPEC.model} as"
        " select (i - 1)::varchar as id, $wanted[i]::varchar as health_band"
        " from range(1, len($wanted) + 1) as t (i)",
        {"wanted": list(wanted)},
    )
    session.execute(
        "create or replace table raw_hubspot.companies (_key varchar, payload json,"
        " _deleted boolean, _cursor varchar, _extracted_at timestamptz, _run_id varchar)"
    )
    versions: dict[str, Sequence[object]] = {
        "key": [key for key, _, _ in landed],
        "payload": [json.dumps({"properties": {"domain": domain}}) for _, domain, _ in landed],
        "gone": [is_gone for _, _, is_gone in landed],
        "run": [f"run-{number}" for number in range(len(landed))],
    }
    kinds: dict[str, ColumnType] = {"key": "text", "payload": "text", "gone": "bool", "run": "text"}
    with session.table("versions", versions, kinds):
        session.execute(
            "insert into raw_hubspot.companies select key, payload, gone, null,"
            " timestamptz '2026-01-01 00:00:00+00', run from versions"
        )
