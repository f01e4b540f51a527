"""Writes the rows of a table in a SQL database, a thousand in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from functools import cached_property
from types import TracebackType
from typing import Any, Self, cast

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from connectors.core.settings import SourceSettings, load_vendor_settings
from connectors.core.source import Source
from reverse_etl.destinations.base import Destination, FieldLimit, Fields, Row, RowOutcome
from warehouse.clock import Clock
from warehouse.deliveries import MADE_ONCE, Operation
from warehouse.documents import choose
from warehouse.errors import Misconfigured
from warehouse.external_database import ExternalDatabase
from warehouse.external_values import Codec, Held, Unfit
from warehouse.external_writing import WRITABLE, Column, Doing, WritableTable
from warehouse.settings import HttpSettings

_DOING: dict[Operation, Doing] = {"append": "create", "remove": "delete"}
_MAKING: frozenset[Operation] = MADE_ONCE | {"upsert", "add"}
_ANOTHER = "another row has the same key to the database, which compares it without its case"


class SqlSettings(SourceSettings):
    """`REVOPS_SQL__URL`, and for every further database `REVOPS_SQL__DATABASES__<NAME>`."""

    model_config = SettingsConfigDict(
        env_prefix="REVOPS_SQL__", env_file=".env", extra="ignore", env_nested_delimiter="__"
    )

    url: SecretStr
    databases: dict[str, SecretStr] | None = None

    def secrets(self) -> Iterator[str]:
        for one in (self.url, *(self.databases or {}).values()):
            yield one.get_secret_value()


class OpenDatabases:
    """The databases of the settings, each by its name; the first has none."""

    def __init__(self, databases: dict[str | None, ExternalDatabase]) -> None:
        self.databases = databases

    @property
    def is_on_loopback(self) -> bool:
        return all(one.is_on_loopback for one in self.databases.values())

    def redact(self, text: str) -> str:
        for one in self.databases.values():
            text = one.redact(text)
        return text

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with ExitStack() as all_of_them:
            for one in self.databases.values():
                all_of_them.callback(one.close)


class SqlRows(Destination):
    """Rows of the table that the sync's `object` names, known by a column without doubles.

    `within` names one of the further databases. What a batch leaves in doubt is read back.
    """

    batch_size = 1_000
    operations = MADE_ONCE | {"update", "upsert", "delete", "add", "remove"}
    nests = frozenset({"object", "array"})

    def faults(self, fields: Sequence[str]) -> list[str]:
        """What the database's catalogue has against these columns, or against the key."""
        dialect = self._database.dialect
        if dialect not in WRITABLE:
            return [f"rows are written to {' and '.join(WRITABLE)}, and this is {dialect}"]
        if self._identifier is None:
            return ["a SQL table needs identify_by.field: the column that holds our key"]
        known = self._columns
        if not known:
            return [f"the database has no table {self._object} that our user may see"]
        wanted = [*fields, self._identifier]
        missing = [f"{self._object} has no column {name!r}" for name in wanted if name not in known]
        return [
            *missing,
            *_unfit_key(self._identifier, known.get(self._identifier)),
            *(
                f"{name!r} is the key, and written by itself"
                for name in fields
                if name == self._identifier
            ),
            *(said for name in wanted if name in known for said in _unwritable(name, known[name])),
            *(
                f"{self._object} has no row without {name!r}: map a column to it"
                for name, column in known.items()
                if column.is_needed and name not in wanted and self.asked & _MAKING
            ),
        ]

    def limits(self, fields: Sequence[str]) -> dict[str, FieldLimit]:
        """What the types of the columns hold as it is: lengths, places, digits, values of enums."""
        return {name: FieldLimit(check=_misfit(self._codec(name))) for name in fields}

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:
        written, outcomes = [], []
        for row in rows:
            try:
                written.append((row, (self._put_key(row.key), self._put(row.fields))))
            except Unfit as unfit:
                outcomes.append(RowOutcome(row.trace, "rejected", reason=str(unfit)))
        if not written:
            return outcomes
        names = sorted({name for row, _ in written for name in row.fields})
        done = self._table.write(
            _DOING.get(operation, cast("Doing", operation)),
            self._key_column,
            [told for _, told in written],
            {name: self._codec(name) for name in names},
        )
        missing = f"{self._object} has no such row" if operation == "update" else _ANOTHER
        return outcomes + [
            RowOutcome(row.trace, "acknowledged", tool_id=row.key)
            if key in done
            else RowOutcome(row.trace, "rejected", reason=missing)
            for row, (key, _) in written
        ]

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        ours: dict[Any, str] = {}
        for key in keys:
            try:
                ours[self._put_key(key)] = key
            except Unfit:
                # No row can have this key.
                continue
        found = self._table.read(
            self._key_column, list(ours), {name: self._codec(name) for name in fields}
        )
        return {ours[one]: held for one, held in found.items()}

    def holds(self, held: object, wish: object) -> bool:
        if isinstance(held, Held):
            return held.means(wish)
        if isinstance(held, bool) or isinstance(wish, bool):
            return held is wish
        if isinstance(held, int | float) and isinstance(wish, int | float):
            return Decimal(str(held)) == Decimal(str(wish))
        return type(held) is type(wish) and held == wish

    @property
    def _key_column(self) -> tuple[str, Codec]:
        return str(self._identifier), self._codec(str(self._identifier))

    @property
    def _database(self) -> ExternalDatabase:
        known = cast("OpenDatabases", self._tool).databases
        if self._within is None:
            return known[None]
        return choose(
            {str(name): one for name, one in known.items() if name}, "database", self._within
        )

    @cached_property
    def _table(self) -> WritableTable:
        return WritableTable(self._database, self._object)

    @cached_property
    def _columns(self) -> dict[str, Column]:
        return self._table.columns()

    def _codec(self, name: str) -> Codec:
        column = self._columns.get(name)
        if column is None or column.codec is None:
            raise Misconfigured(f"{self._object} has no column {name!r} that can be written")
        return column.codec

    def _put(self, fields: Fields) -> dict[str, Any]:
        told = {}
        for name, value in fields.items():
            try:
                told[name] = self._codec(name).put(value)
            except Unfit as unfit:
                raise Unfit(f"{name}: {unfit}") from unfit
        return told

    def _put_key(self, key: str) -> Any:
        write = self._key_column[1].key
        if write is None:
            raise Unfit(f"{self._identifier} cannot hold a key")
        return write(key)


def _misfit(codec: Codec) -> Callable[[object], str | None]:
    def said(value: object) -> str | None:
        try:
            codec.put(value)
        except Unfit as unfit:
            return str(unfit)
        return None

    return said


def _unfit_key(name: str, column: Column | None) -> list[str]:
    if column is None:
        return []
    if column.codec is not None and column.codec.key is None:
        return [f"{name!r} is of type {column.kind}, which cannot name a record"]
    if column.is_unique:
        return []
    return [f"{name!r} cannot identify a row: it needs a primary key or a unique constraint"]


def _unwritable(name: str, column: Column) -> list[str]:
    if column.codec is None:
        return [f"{name!r} is of type {column.kind}, which would not hold every value as it is"]
    if column.is_computed:
        return [f"{name!r} is computed by the database"]
    # Which of the two is needed, the mode decides; what is lacking then, the first batch says.
    if "select" in column.lacks or {"insert", "update"} <= set(column.lacks):
        return [f"our user may not {' nor '.join(column.lacks)} {name!r}"]
    return []


class SqlSource(Source):
    """The databases to which rows are written."""

    def open(self, http: HttpSettings, clock: Clock) -> OpenDatabases:  # noqa: ARG002 - no HTTP
        given = cast("SqlSettings", load_vendor_settings(self.settings, self.name, self.scopes))
        urls: dict[str | None, SecretStr] = {None: given.url}
        urls.update((given.databases or {}).items())
        return OpenDatabases({name: _opened(name, url) for name, url in urls.items()})


def _opened(name: str | None, url: SecretStr) -> ExternalDatabase:
    try:
        return ExternalDatabase(url.get_secret_value(), writes=True)
    except Misconfigured as error:
        setting = "REVOPS_SQL__URL" if name is None else f"REVOPS_SQL__DATABASES__{name.upper()}"
        raise Misconfigured(
            f"sql is disabled: {setting}: {error.message}", advice=error.advice
        ) from error


ACCOUNT = SqlSource(
    name="sql",
    title="A SQL database",
    settings=SqlSettings,
    scopes=(
        "the user of the URL must be allowed to select, insert and update in the tables of the"
        " syncs, and for mode mirror to delete"
    ),
    streams=(),
)
DESTINATION = SqlRows
