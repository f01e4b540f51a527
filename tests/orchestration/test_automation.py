"""What Dagster starts by itself: by the clock, and by what happened; no daemon is needed to ask."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.orchestration.conftest import environment

# Dagster's import, dbt's manifest, and a look at every asset: more than ten seconds.
pytestmark = pytest.mark.slow

COMPANIES = ("raw", "hubspot", "companies")
STAGED = "staging/stg_hubspot__companies"
GATE, SYNC = "gate/accounts", "sync/hubspot_companies"
NOON = datetime(2026, 11, 28, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def defs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    home = tmp_path_factory.mktemp("home")
    with environment({"REVOPS_HOME": str(home), "REVOPS_SLACK__TOKEN": "xoxb"}, home):
        from orchestration.definitions import _definitions

        yield _definitions()


class Watch:
    """Asks minute by minute what is due, as the daemon does."""

    def __init__(self, defs: Any, instance: Any) -> None:
        self.defs, self.instance = defs, instance
        self.cursor: Any = None
        self.now = NOON

    def due(self, minutes: int = 1) -> set[str]:
        import dagster as dg

        self.now += timedelta(minutes=minutes)
        result = dg.evaluate_automation_conditions(
            self.defs, self.instance, evaluation_time=self.now, cursor=self.cursor
        )
        self.cursor = result.cursor
        return {"/".join(one.key.path) for one in result.results if one.true_subset.size}

    def lands(self, *key: str, version: str) -> None:
        import dagster as dg

        self.instance.report_runless_asset_event(
            dg.AssetMaterialization(list(key), tags={"dagster/data_version": version})
        )

    def tests_pass(self) -> None:
        """dbt's tests of what the sync reads: they block it as its gate does."""
        import dagster as dg

        graph = self.defs.resolve_asset_graph()
        for parent in graph.get(dg.AssetKey(SYNC.split("/"))).parent_keys:
            for check in graph.get(parent).check_keys:
                self._checked(check, passed=True)

    def _checked(self, check: Any, *, passed: bool) -> None:
        import dagster as dg

        self.instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(asset_key=check.asset_key, check_name=check.name, passed=passed)
        )

    def judges(self, *, passed: bool) -> None:
        import dagster as dg

        self.instance.report_runless_asset_event(dg.AssetMaterialization(GATE.split("/")))
        gate = dg.AssetKey(GATE.split("/"))
        self._checked(dg.AssetCheckKey(gate, "may_leave"), passed=passed)


@pytest.fixture
def watch(defs: Any) -> Iterator[Watch]:
    import dagster as dg

    with dg.DagsterInstance.ephemeral() as instance:
        one = Watch(defs, instance)
        one.tests_pass()
        assert one.due() == set(), "what was never landed is waited for"
        yield one


def test_news_of_one_tool_ask_for_all_that_is_made_of_it_and_for_nothing_else(
    watch: Watch,
) -> None:
    watch.lands(*COMPANIES, version="1")
    due = watch.due()
    assert {STAGED, "marts/accounts", GATE, SYNC} <= due
    assert not {one for one in due if one.startswith(("staging/stg_stripe", "raw/"))}
    assert watch.due() == set(), "it is asked for once"


def test_a_reading_that_landed_nothing_asks_for_nothing(watch: Watch) -> None:
    watch.lands(*COMPANIES, version="1")
    assert STAGED in watch.due()
    watch.lands(*COMPANIES, version="1")
    assert watch.due() == set()
    watch.lands(*COMPANIES, version="2")
    assert STAGED in watch.due()


def test_a_build_by_hand_asks_its_gates_and_syncs(watch: Watch) -> None:
    import dagster as dg

    watch.instance.report_runless_asset_event(dg.AssetMaterialization(["marts", "accounts"]))
    due = watch.due()
    assert {GATE, SYNC} <= due
    assert STAGED not in due


def test_a_held_gate_keeps_its_sync_back_until_it_passes(watch: Watch) -> None:
    watch.judges(passed=False)
    assert SYNC not in watch.due()
    assert SYNC not in watch.due()
    watch.judges(passed=True)
    assert SYNC in watch.due()
    assert SYNC not in watch.due()


@pytest.fixture
def at_seven() -> Any:
    """A sync with a schedule of its own behind a gate that blocks."""
    import dagster as dg

    from orchestration.automation import when_it_may_leave

    @dg.multi_asset(
        specs=[dg.AssetSpec(["gate", "accounts"])],
        check_specs=[dg.AssetCheckSpec("may_leave", asset=["gate", "accounts"], blocking=True)],
    )
    def gate() -> Iterator[Any]:
        yield from ()

    @dg.asset(
        key=["sync", "hubspot_companies"],
        deps=[["gate", "accounts"]],
        automation_condition=when_it_may_leave("0 7 * * *", "Asia/Tokyo"),
    )
    def sync() -> None: ...

    return dg.Definitions(assets=[gate, sync])


def test_a_sync_with_a_schedule_runs_then_and_not_when_its_rows_are_new(at_seven: Any) -> None:
    import dagster as dg

    with dg.DagsterInstance.ephemeral() as instance:
        watch = Watch(at_seven, instance)
        # Ten minutes to seven in Tokyo.
        watch.now = datetime(2026, 11, 28, 21, 50, tzinfo=UTC)
        watch.judges(passed=True)
        assert watch.due() == set()
        watch.judges(passed=True)
        assert watch.due() == set()
        assert watch.due(minutes=8) == {SYNC}
        assert watch.due() == set()
        watch.judges(passed=False)
        assert watch.due(minutes=24 * 60) == set(), "its time has come, and its gate holds"
        watch.judges(passed=True)
        assert watch.due() == {SYNC}


# -- by the clock --------------------------------------------------------------------------


def schedule(defs: Any, name: str) -> Any:
    (found,) = [one for one in defs.schedules if one.name == name]
    return found


def test_every_source_is_read_by_a_cron_of_its_own_in_the_business_zone(defs: Any) -> None:
    import dagster as dg

    from connectors.core import registry

    crons = {one.name: one.cron_schedule for one in defs.schedules}
    streams = [name for name, source in registry.sources().items() if source.streams]
    assert {f"read_{name}_by_cron" for name in streams} < set(crons)
    assert crons["read_hubspot_by_cron"] != crons["read_marketo_by_cron"]
    for one in defs.schedules:
        assert one.execution_timezone == "Asia/Tokyo"
        assert one.default_status is dg.DefaultScheduleStatus.RUNNING


def test_a_tick_starts_the_job_of_the_source_and_of_no_other(defs: Any) -> None:
    import dagster as dg

    one = schedule(defs, "read_hubspot_by_cron")
    context = dg.build_schedule_context(scheduled_execution_time=NOON)
    data = one.evaluate_tick(context)
    assert len(data.run_requests) == 1
    job = defs.resolve_job_def(one.job_name)
    read = {"/".join(key.path) for key in job.asset_layer.executable_asset_keys}
    assert "raw/hubspot/companies" in read
    assert all(name.startswith("raw/hubspot/") for name in read)


def test_the_month_end_compares_every_record(defs: Any) -> None:
    import dagster as dg

    from warehouse.cron import next_tick

    one = schedule(defs, "month_end_by_cron")
    tick = next_tick(one.cron_schedule, NOON, one.execution_timezone)
    # Half past one of the first of December in Tokyo.
    assert tick == datetime(2026, 11, 30, 16, 30, tzinfo=UTC)
    job = defs.resolve_job_def("month_end")
    assert job.run_config["ops"]["extract_hubspot"]["config"] == {"compare_ids": True}
    assert {"sync", "gate", "raw", "marts"} <= {
        key.path[0] for key in job.asset_layer.executable_asset_keys
    }
    assert dg.validate_run_config(job)


def test_the_night_builds_all_models_and_reads_and_writes_no_tool(defs: Any) -> None:
    job = defs.resolve_job_def("nightly")
    layers = {key.path[0] for key in job.asset_layer.executable_asset_keys}
    assert {"staging", "marts", "metrics", "activation", "reference", "forecast"} <= layers
    assert not layers & {"raw", "gate", "sync"}


def test_every_mart_and_sync_has_a_time_after_which_it_is_stale(defs: Any) -> None:
    graph = defs.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        if key.path[0] in {"raw", "marts", "metrics", "activation", "sync"}:
            policy = graph.get(key).freshness_policy
            assert policy is not None, key
            assert timedelta(hours=1) < policy.fail_window.to_timedelta() < timedelta(days=8)


def test_of_the_syncs_that_are_ready_dagster_takes_the_highest_priority(defs: Any) -> None:
    import dagster as dg

    ops = {one.op.name: one.op.tags for one in _syncs(defs)}
    assert ops["sync__slack_escalations"]["dagster/priority"] == "10"
    assert ops["sync__hubspot_companies"]["dagster/priority"] == "0"

    order: list[str] = []

    def named(name: str, priority: int) -> Callable[[], None]:
        @dg.asset(name=name, op_tags={"dagster/priority": str(priority)})
        def one() -> None:
            order.append(name)

        return one  # type: ignore[return-value]

    assets: Any = [named("a", 0), named("b", 10), named("c", -1)]
    assert dg.materialize(assets).success
    assert order == ["b", "a", "c"]


def _syncs(defs: Any) -> list[Any]:
    return [one for one in defs.assets if one.keys and min(one.keys).path[0] == "sync"]
