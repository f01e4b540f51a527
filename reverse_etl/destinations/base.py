"""What a destination can do: thin functions over one client; the engine does everything else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NamedTuple, cast

from connectors.core.http import ToolClient
from connectors.core.source import Tool
from warehouse.deliveries import ErrorClass, Operation

Fields = Mapping[str, Any]


class Row(NamedTuple):
    """One record to write: `trace` names it in the tool's answer."""

    key: str
    fields: Fields
    trace: str


class RowOutcome(NamedTuple):
    """What the tool said about one row; no word about a row is no success.

    `error` is of a rejected one: `transient` where the tool may take the same row another time.
    """

    trace: str
    outcome: Literal["acknowledged", "rejected"]
    tool_id: str | None = None
    reason: str | None = None
    error: ErrorClass = "permanent"


@dataclass(frozen=True)
class Submitted:
    """A job of the tool's own has the batch; `handle` is what the tool calls it.

    `begin`, where there is one, lets it begin. It is called once the handle is kept durably: so
    nothing is ever done by a job that nobody can ask about. It tells what the tool calls the job
    where that is not known before.
    """

    handle: str
    begin: Callable[[], str | None] | None = None


@dataclass(frozen=True)
class FieldLimit:
    """What a field can hold, as far as the tool's own schema tells.

    With a `separator`, a text is several of the `choices`, as a list always is. A `date` is a day
    as ISO 8601 writes it, an `instant` such a day or one with a time. Where the schema says more,
    `check` tells what is wrong with a value, in words, and nothing else is looked at.
    """

    max_length: int | None = None
    choices: frozenset[str] | None = None
    separator: str | None = None
    kind: Literal["number", "integer", "truth", "date", "instant"] | None = None
    check: Callable[[object], str | None] | None = None


class Destination(ABC):
    """One object of one tool. No retry, no state, no logging in here.

    `within` is the sync's: the list, audience, folder or database that the records stand in.
    """

    batch_size: int
    # What can be asked of it; a sync that asks for anything else is refused before it begins.
    operations: frozenset[Operation] = frozenset({"update", "upsert"})
    # Kinds of values beside text, numbers and truth that a field of it can hold.
    nests: frozenset[Literal["object", "array"]] = frozenset()
    # Under which name `read` tells the tool's own id of a record.
    id_field: str | None = None
    # Whether `read` tells what a record holds now.
    is_readable: bool = True
    # How many batches may be written at a time; more than one only where `write` keeps no state.
    at_once: int = 1
    # What the sync asks of it.
    asked: frozenset[Operation] = frozenset()
    # What of it is in doubt and cannot be found counts as delivered: it must not be there twice.
    at_most_once: bool = False

    def __init__(
        self, tool: Tool, object_name: str, identifier: str | None, within: str | None = None
    ) -> None:
        self._tool = tool
        self._object = object_name
        self._identifier = identifier
        self._within = within

    @classmethod
    def operations_of(cls, object_name: str) -> frozenset[Operation]:  # noqa: ARG003 - all alike
        """What can be asked of one of its objects."""
        return cls.operations

    @classmethod
    def joins(cls, object_name: str) -> bool:  # noqa: ARG003 - no object of most
        """Whether rows of several syncs may go in one request; a batch is answered at once."""
        return False

    def batch_of(self, operation: Operation, rows: int) -> int:  # noqa: ARG002 - mostly one size
        """How many rows of so many go into one batch: large plans may go another way."""
        return self.batch_size

    @property
    def modified_field(self) -> str | None:
        """Under which name `read` tells when a record was last changed, by whomever."""
        return None

    @property
    def _client(self) -> ToolClient:
        """The tool of a destination that is asked over HTTP."""
        return cast("ToolClient", self._tool)

    @abstractmethod
    def faults(self, fields: Sequence[str]) -> list[str]:
        """Why these fields cannot be written, in words; one request, before anything is sent."""

    def limits(self, fields: Sequence[str]) -> dict[str, FieldLimit]:  # noqa: ARG002 - many tell none
        """What these fields can hold; one request, before anything is sent."""
        return {}

    @abstractmethod
    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome] | Submitted:
        """Send one batch of at most `batch_of` rows, or hand it to a job of the tool's.

        Raises:
            Refused: the tool rejected the batch as a whole and wrote none of it.
            Unavailable: it is not known what the tool wrote.
        """

    def job(self, handle: str, rows: Sequence[Row]) -> list[RowOutcome] | None:
        """What a job has done with all of its rows, in their order; None while it is under way.

        Raises:
            Refused: the tool does not tell of the job, or does not any more.
        """
        raise NotImplementedError(f"{type(self).__name__} hands nothing to jobs, as {handle}")

    @abstractmethod
    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        """What the tool holds of at most `batch_size` records, by key; absent ones are left out."""

    def changed_at(
        self,
        keys: Sequence[str],  # noqa: ARG002 - most know it of the record only
        fields: Sequence[str],  # noqa: ARG002
    ) -> dict[str, Fields]:
        """When these fields of at most `batch_size` records were changed, where the tool knows."""
        return {}

    @abstractmethod
    def holds(self, held: object, wish: object) -> bool:
        """Whether a value read back is the one that was wished for."""


def is_same_number(held: object, wish: object) -> bool:
    """Whether both are numbers and equal, however they are written."""
    try:
        return Decimal(str(held)) == Decimal(str(wish))
    except InvalidOperation:
        return False


def nested(fields: Fields) -> dict[str, Any]:
    """The body in which `group.name` stands as `name` in `group`."""
    body: dict[str, Any] = {}
    for name, value in fields.items():
        group, dot, key = name.partition(".")
        if dot:
            body.setdefault(group, {})[key] = value
        else:
            body[name] = value
    return body


def member(record: Mapping[str, Any], field: str) -> Any:
    """What a record holds of a field that is named as for `nested`."""
    group, dot, key = field.partition(".")
    return (record.get(group) or {}).get(key) if dot else record.get(field)
