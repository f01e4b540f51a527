"""The metrics as they would have been reported at an instant that has passed.

Two instants make a report: from which it is seen, and what had been landed by then. The raw logs
keep every version with the instant at which it was landed, so that the second can be had again: a
warehouse of its own gets the versions of before, and the same models build it as of then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from connectors.core import registry
from connectors.core.extract import create_raw_tables
from identity import ids
from orchestration.app import App
from orchestration.dbt import dbt_run
from warehouse import identity_memory
from warehouse.connection import Row, Session, Warehouse, quoted
from warehouse.decisions import Decisions
from warehouse.documents import read_document
from warehouse.errors import Misconfigured
from warehouse.metric_registry import read_registry
from warehouse.policy import Policy

Say = Callable[[str], None]

# Of single touches and of people's daily scores no report is remembered.
_VALUES = """
    select
        metric, dims, metric_values.value, metric_values.unit,
        coalesce(reports.settled_at <= reports.as_of, false) as is_settled
    from metrics.metric_values
    left join ops.metric_reports as reports using (metric, dims)
    where len($names) = 0 or list_contains($names, metric)
    order by metric, dims
"""
# What is made of raw records, and what is made of canonical tables that are there already.
_FROM_RAW = ("+metric_values",)
_FROM_CANONICAL = ("policy", "metrics")


@dataclass(frozen=True)
class Difference:
    """A record that is known otherwise now; None is undefined, or not there at all."""

    metric: str
    dims: str
    unit: str
    then: str | None
    now: str | None
    was_reported: bool
    is_reported: bool


@dataclass(frozen=True)
class Hindsight:
    """Which metrics, at which instant, by which policy; all metrics if none is named."""

    app: App
    instant: datetime
    policy: Path
    names: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, app: App, written: str, policy: Path | None = None, names: Sequence[str] = ()
    ) -> Hindsight:
        """What a person asked for.

        Raises:
            Misconfigured: it is no instant, it has not come yet, or there is no metric of a name.
        """
        chosen = policy or app.settings.policy_path
        unknown = set(names) - {metric.metric for _, metric in read_registry().metrics()}
        if unknown:
            raise Misconfigured(
                f"There is no metric {', '.join(sorted(unknown))}",
                advice="every name is in docs/playbook.md",
            )
        return cls(app, _instant(written, app, chosen), chosen, tuple(names))

    def reported_then(self, say: Say) -> list[Row]:
        """Every value as a build at the instant would have told it.

        Raises:
            Misconfigured: nothing had been landed by then, or the policy is wrong.
            Held: a model failed.
        """
        with self.built_then(say) as warehouse:
            return self._values(warehouse)

    @contextmanager
    def built_then(self, say: Say, more: Sequence[str] = ()) -> Iterator[Warehouse]:
        """A warehouse that was built as of the instant, for the block; `more` is built too.

        Raises:
            Misconfigured: nothing had been landed by then, or the policy is wrong.
            Held: a model failed.
        """
        with _another_warehouse(self.app) as warehouse:
            say("copying what had been landed by then")
            create_raw_tables(warehouse, registry.sources().values())
            _copy_what_was_landed(self.app, warehouse, self.instant)
            _copy_what_was_decided(self.app, warehouse, self.instant)
            say("building as of then")
            self._build(warehouse, (*_FROM_RAW, *more))
            yield warehouse

    def known_now(self, say: Say) -> list[Row]:
        """Every value seen from the same instant, as the last build's canonical tables tell it.

        Raises:
            Misconfigured: nothing has been built, or the policy is wrong.
            Held: a model failed.
        """
        with _another_warehouse(self.app) as warehouse:
            say("copying what is known now")
            _copy_canonical(self.app, warehouse)
            say("measuring what is known now")
            self._build(warehouse, _FROM_CANONICAL)
            return self._values(warehouse)

    def _build(self, warehouse: Warehouse, selection: tuple[str, ...]) -> None:
        target = warehouse.path.parent / "target"
        dbt_run(warehouse, target, selection, policy=self.policy, at=self.instant)

    def _values(self, warehouse: Warehouse) -> list[Row]:
        with warehouse.open("reading metrics") as session:
            return session.rows(_VALUES, {"names": list(self.names)})


def differences(then: list[Row], now: list[Row]) -> list[Difference]:
    """The records of ended periods that are not the same, in order of metric and dimensions.

    Of others nobody can tell: canonical tables hold deals and tickets as they are now, and what
    became of them since is no correction.
    """
    before, after = (
        {(row["metric"], row["dims"]): row for row in rows if row["is_settled"]}
        for rows in (then, now)
    )
    told = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        told.append(
            Difference(
                *key,
                unit=(new or old or {})["unit"],
                then=old["value"] if old else None,
                now=new["value"] if new else None,
                was_reported=old is not None,
                is_reported=new is not None,
            )
        )
    return told


def _instant(text: str, app: App, policy: Path) -> datetime:
    """In UTC; without an offset, by the business's own clock."""
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise Misconfigured(
            f"{text} is no instant", advice="write it as 2026-07-01T00:00:00+09:00 or 2026-07-01"
        ) from None
    if written.tzinfo is None:
        zone = read_document(policy, Policy).business_timezone
        written = written.replace(tzinfo=ZoneInfo(zone))
    instant = written.astimezone(UTC)
    if instant > app.clock.now():
        raise Misconfigured(f"{text} has not come yet", advice="name an instant that has passed")
    return instant


@contextmanager
def _another_warehouse(app: App) -> Iterator[Warehouse]:
    """Beside ours, where there is room for as much; gone after the block."""
    with TemporaryDirectory(prefix="as-of-", dir=app.settings.home.absolute()) as place:
        yield Warehouse(Path(place) / "warehouse.duckdb")


def _copy_what_was_landed(app: App, warehouse: Warehouse, instant: datetime) -> None:
    tables = [
        (f"raw_{source.name}", table)
        for source in registry.sources().values()
        for table in source.raw_tables
    ]
    with _both(app, warehouse) as session:
        there = _tables(session)
        copied = sum(
            _copy(session, schema, table, "where _extracted_at <= $instant", instant)
            for schema, table in tables
            if (schema, table) in there
        )
    if copied == 0:
        raise Misconfigured(
            f"Nothing had been landed by {instant:%Y-%m-%d %H:%M:%S}Z",
            advice="what is known of an earlier time was landed later: name a later instant",
        )


def _copy_what_was_decided(app: App, warehouse: Warehouse, instant: datetime) -> None:
    """Which ids records had, and what stewards had decided."""
    with warehouse.open("ids of then") as session:
        ids.prepare(session)
        Decisions(app.state).mirror(session, at=instant)
    with _both(app, warehouse) as session:
        if ("ops", "identity_assignments") in _tables(session):
            identity_memory.copy_until(session, "another", instant)


def _copy_canonical(app: App, warehouse: Warehouse) -> None:
    with _both(app, warehouse) as session:
        tables = sorted(table for schema, table in _tables(session) if schema == "canonical")
        if not tables:
            raise Misconfigured(
                "Nothing has been built to compare with", advice="run `revops build` first"
            )
        session.execute("create schema another.canonical")
        for table in tables:
            name = f"canonical.{quoted(table)}"
            session.execute(f"create table another.{name} as from {name}")


@contextmanager
def _both(app: App, warehouse: Warehouse) -> Iterator[Session]:
    """Our warehouse, and the other one as the database `another`."""
    with app.warehouse.open("copying for a report as of then") as session:
        path = str(warehouse.path).replace("'", "''")
        session.execute(f"attach '{path}' as another (storage_version 'v1.2.0')")
        try:
            yield session
        finally:
            session.execute("detach another")


def _tables(session: Session) -> set[tuple[str, str]]:
    found = session.rows(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = current_database()"
    )
    return {(row["schema_name"], row["table_name"]) for row in found}


def _copy(session: Session, schema: str, table: str, which: str, instant: datetime) -> int:
    name = f"{quoted(schema)}.{quoted(table)}"
    (counted,) = session.rows(
        f"insert into another.{name} by name from {name} {which}", {"instant": instant}
    )
    return int(counted["Count"])
