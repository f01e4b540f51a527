"""The state store: what must be durable per batch and shared between processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)

from warehouse.errors import Misconfigured, Unavailable
from warehouse.json_text import read, written
from warehouse.settings import Settings
from warehouse.verified import verified

METADATA = sa.MetaData()

# The version of the tables below: the number of the newest script in `warehouse/migrations`.
HEAD = "0011"

# Where alembic keeps the version; no table of the store's own, so that no copy brings another one.
VERSION = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), primary_key=True),
)

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_INSTANT = sa.DateTime(timezone=True)

STORE = sa.Table(
    "store",
    METADATA,
    sa.Column("only", sa.Integer, primary_key=True, comment="1: there is one row"),
    sa.Column("store_id", sa.String, nullable=False, comment="tells this store from any other"),
)

RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("subject", sa.String, nullable=False, comment="what it was about, such as a sync"),
    sa.Column("started_at", _INSTANT, nullable=False),
    sa.Column("finished_at", _INSTANT),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("report", _JSON, nullable=False),
    sa.Column("parent", sa.String, comment="the larger run of which it is a step"),
    sa.Column("process", sa.String, comment="who is at work on it; see warehouse/processes.py"),
    sa.Column("dagster_run_id", sa.String),
    sa.Index("runs_by_status", "status"),
    sa.Index("runs_by_parent", "parent"),
)

ALERTS = sa.Table(
    "alerts",
    METADATA,
    sa.Column("channel", sa.String, primary_key=True),
    sa.Column("rule", sa.String, primary_key=True),
    sa.Column("subject", sa.String, primary_key=True, comment="what it is about"),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("since", _INSTANT, nullable=False),
    sa.Column("told_at", _INSTANT, nullable=False, comment="when the channel was last told"),
    sa.Column("times", sa.Integer, nullable=False),
)

VERDICTS = sa.Table(
    "verdicts",
    METADATA,
    sa.Column("verdict_id", sa.Integer, primary_key=True),
    sa.Column("ruleset", sa.String, nullable=False),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("build_id", sa.String, comment="the dbt invocation that built what was judged"),
    sa.Column("rules_hash", sa.String, comment="of the rules that judged"),
    sa.Column("decided_at", _INSTANT, nullable=False),
    sa.Column("decision", sa.String, nullable=False),
    sa.Column("quarantined", _JSON, nullable=False, comment="key -> names of the rules it broke"),
    sa.Column("evidence", _JSON, nullable=False),
)

PLANS = sa.Table(
    "plans",
    METADATA,
    sa.Column("plan_id", sa.String, primary_key=True),
    sa.Column("sync", sa.String, nullable=False),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("verdict_id", sa.Integer),
    sa.Column("config_hash", sa.String, nullable=False),
    sa.Column("planned_at", _INSTANT, nullable=False),
    sa.Column("counts", _JSON, nullable=False),
    sa.Column("reverts", sa.String, comment="the run whose changes it takes back"),
)

APPROVALS = sa.Table(
    "approvals",
    METADATA,
    sa.Column("sync", sa.String, primary_key=True),
    sa.Column("digest", sa.String, primary_key=True, comment="of the plan that was approved"),
    sa.Column("approved_by", sa.String, nullable=False),
    sa.Column("approved_at", _INSTANT, nullable=False),
)

LEDGER = sa.Table(
    "ledger",
    METADATA,
    sa.Column("entry_id", sa.Integer, primary_key=True),
    sa.Column("plan_id", sa.String, sa.ForeignKey("plans.plan_id"), nullable=False),
    sa.Column("sync", sa.String, nullable=False),
    sa.Column("destination", sa.String, nullable=False),
    sa.Column("object", sa.String, nullable=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("operation", sa.String, nullable=False),
    sa.Column("fields", _JSON, nullable=False, comment="field -> value sent"),
    sa.Column("before", _JSON, nullable=False, comment="field -> value last sent"),
    sa.Column("desired", sa.Text, nullable=False, comment="the whole row wished for"),
    sa.Column("verdict_id", sa.Integer),
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("request_hash", sa.String),
    sa.Column("tool_id", sa.String),
    sa.Column("reason", sa.Text),
    sa.Column("planned_at", _INSTANT, nullable=False),
    sa.Column("sent_at", _INSTANT),
    sa.Column("settled_at", _INSTANT),
    sa.Column("error", sa.String, comment="of a rejected one: permanent or transient"),
    sa.Column("found", _JSON, comment="field -> value the tool held before, where it was read"),
    sa.Column("job", sa.String, comment="what the tool calls its own job that had the row"),
    sa.Index("ledger_by_sync", "sync", "outcome"),
    sa.Index("ledger_by_key", "destination", "object", "key"),
)

DELIVERED = sa.Table(
    "delivered",
    METADATA,
    sa.Column("sync", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("desired", sa.Text, nullable=False, comment="the row as it was wished for"),
    sa.Column("held", _JSON, nullable=False, comment="field -> value the tool acknowledged"),
    sa.Column("entry_id", sa.Integer, nullable=False),
    sa.Column("delivered_at", _INSTANT, nullable=False),
)

MARKS = sa.Table(
    "marks",
    METADATA,
    sa.Column("sync", sa.String, primary_key=True),
    sa.Column("mark", sa.String, nullable=False, comment="another one after each write"),
)

PARKED = sa.Table(
    "parked",
    METADATA,
    sa.Column("sync", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("entry_id", sa.Integer, nullable=False, comment="the entry that was rejected"),
    sa.Column("desired", sa.Text, nullable=False, comment="the row that the tool does not take"),
    sa.Column("config_hash", sa.String, nullable=False, comment="of the sync that wished for it"),
    sa.Column("reason", sa.Text, comment="the tool's own text"),
    sa.Column("since", _INSTANT, nullable=False),
)

DECISIONS = sa.Table(
    "identity_decisions",
    METADATA,
    sa.Column("decision_id", sa.Integer, primary_key=True),
    sa.Column("entity", sa.String, nullable=False, comment="company or person"),
    sa.Column("decision", sa.String, nullable=False),
    sa.Column("left_record", sa.String, nullable=False, comment="a record, never an id"),
    sa.Column("right_record", sa.String, comment="the other record of a link"),
    sa.Column("attribute", sa.String, comment="what a value is of"),
    sa.Column("value", sa.String),
    sa.Column("because", sa.Text, nullable=False),
    sa.Column("decided_by", sa.String, nullable=False),
    sa.Column("decided_at", _INSTANT, nullable=False),
    sa.Column("revokes", sa.Integer, comment="the earlier decision that this one takes back"),
)

REMEMBERED_IDS = sa.Table(
    "identity_ids",
    METADATA,
    sa.Column("entity", sa.String, primary_key=True),
    sa.Column("record_reference", sa.String, primary_key=True),
    sa.Column("since", sa.String, primary_key=True, comment="ISO instant, in UTC"),
    sa.Column("entity_id", sa.String, nullable=False),
    sa.Column("since_run", sa.String, nullable=False),
    sa.Column("until", sa.String, comment="ISO instant; null while the record has the id"),
    sa.Column("until_run", sa.String),
)

IDENTITY_EVENTS = sa.Table(
    "identity_events",
    METADATA,
    sa.Column("event_key", sa.String, primary_key=True, comment="hash of what happened"),
    sa.Column("event", _JSON, nullable=False),
)

SUPPRESSIONS = sa.Table(
    "suppressions",
    METADATA,
    sa.Column("who", sa.String, primary_key=True, comment="an address or a person's id"),
    sa.Column("purpose", sa.String, primary_key=True, comment="all, marketing or service"),
    sa.Column("person_id", sa.String),
    sa.Column("email", sa.String),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", _INSTANT, nullable=False),
)

TOMBSTONES = sa.Table(
    "tombstones",
    METADATA,
    sa.Column("digest", sa.String, primary_key=True, comment="keyed hash of what must not return"),
    sa.Column("erasure_id", sa.String, nullable=False),
    sa.Column("since", _INSTANT, nullable=False),
)

ERASURES = sa.Table(
    "erasures",
    METADATA,
    sa.Column("erasure_id", sa.String, primary_key=True),
    sa.Column("plan_digest", sa.String, nullable=False, comment="of the plan that was confirmed"),
    sa.Column("subject_digest", sa.String, nullable=False, comment="keyed hash of the address"),
    sa.Column("subject", _JSON, comment="who it is; null as soon as the erasure has ended"),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("began_at", _INSTANT, nullable=False),
    sa.Column("ended_at", _INSTANT),
)

ERASURE_STEPS = sa.Table(
    "erasure_steps",
    METADATA,
    sa.Column("erasure_id", sa.String, sa.ForeignKey("erasures.erasure_id"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, comment="in the order of work"),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("at", sa.String, nullable=False, comment="table, tool or file; no person"),
    sa.Column("told", _JSON, comment="what the step needs; null as soon as the erasure has ended"),
    sa.Column("found", sa.Integer, nullable=False, comment="how many the plan saw"),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("said", sa.Text, comment="how it was verified, or why it was not"),
    sa.Column("ended_at", _INSTANT),
)


class StateStore:
    """A SQLAlchemy engine whose tables exist; SQLite in WAL mode, or PostgreSQL by URL."""

    def __init__(self, url: str) -> None:
        self._engine = _engine_of(url)
        if self._engine.dialect.name == "sqlite":
            Path(self._engine.url.database or "").parent.mkdir(parents=True, exist_ok=True)
            event.listen(self._engine, "connect", _make_durable)
        try:
            if not is_at_head(self._engine):
                # Nothing of this is needed, nor loaded, where a store is opened every day.
                from warehouse.state_version import bring_to_head  # noqa: PLC0415

                bring_to_head(self._engine)
        except DBAPIError as error:
            raise self._unavailable(error) from error
        except Misconfigured:
            self.close()
            raise

    @classmethod
    def from_settings(cls, settings: Settings) -> StateStore:
        return cls(settings.state_url)

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A connection whose work is durable when the block ends, or undone if it raises."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except (OperationalError, InterfaceError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: DBAPIError) -> Unavailable:
        # A password can stand in the query of a URL too: show nothing but the place.
        url = self._engine.url
        return Unavailable(
            f"The state store {url.drivername}://{url.host or ''}/{url.database or ''}"
            f" cannot be used: {type(error.orig).__name__}: {error.orig}",
            advice="check REVOPS_STATE__URL and REVOPS_HOME; a PostgreSQL on another machine has to"
            " prove who it is, by an authority that is trusted or named by sslrootcert in the URL,"
            " unless sslmode says otherwise there",
        )

    def compact(self) -> None:
        """Write the file or the tables anew: what was deleted is not in their free room either."""
        is_sqlite = self._engine.dialect.name == "sqlite"
        tables = [] if is_sqlite else [one.name for one in METADATA.sorted_tables]
        statements = (
            ["vacuum", "pragma wal_checkpoint(truncate)"]
            if is_sqlite
            else [f"vacuum (full) {name}" for name in tables]
        )
        try:
            with self._engine.connect() as connection:
                alone = connection.execution_options(isolation_level="AUTOCOMMIT")
                for statement in statements:
                    alone.execute(sa.text(statement))
        except (OperationalError, InterfaceError) as error:
            raise self._unavailable(error) from error

    def close(self) -> None:
        self._engine.dispose()


def version_of(connection: sa.Connection) -> str | None:
    """The version that a store is stamped with, of those in `warehouse/migrations`."""
    found: str | None = connection.execute(sa.select(VERSION.c.version_num)).scalar()
    return found


def is_at_head(engine: sa.Engine) -> bool:
    """Whether a store is of the version of this code: one query, on every opening."""
    with engine.connect() as connection:
        try:
            return version_of(connection) == HEAD
        except (OperationalError, ProgrammingError):  # there is no stamp
            return False


def _engine_of(url: str) -> sa.Engine:
    try:
        return sa.create_engine(  # whose errors do not show values: those are of people
            verified(sa.make_url(url)),
            json_serializer=written,
            json_deserializer=read,
            hide_parameters=True,
        )
    except (ArgumentError, ImportError, ValueError):
        raise Misconfigured(
            "REVOPS_STATE__URL is not the URL of a database whose driver is installed",
            advice="sqlite:///FILE, or postgresql+psycopg://USER:PASSWORD@HOST/NAME with the"
            " package psycopg; a special character in the password is written as %XX",
        ) from None


def _make_durable(connection: Any, _record: object) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma busy_timeout = 30000")
    # The log is written back every 16 MB: a delivery writes the same pages again and again.
    connection.execute("pragma wal_autocheckpoint = 4000")
    connection.execute("pragma foreign_keys = on")
