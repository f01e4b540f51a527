"""What the harness must know of a destination: how it is set up, spoken to and looked into."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, cast

from connectors.core.http import ToolClient
from connectors.core.pace import Budget
from connectors.core.source import HttpSource, Source, Tool
from reverse_etl.destinations.base import Destination, Row, RowOutcome, Submitted
from reverse_etl.destinations.registry import account_of, destination_for
from reverse_etl.jobs import ended
from reverse_etl.spec import SyncSpec, sync
from sandbox.app import create_app
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import ANY, LOST, Script, Wire
from warehouse.clock import SystemClock
from warehouse.deliveries import Operation
from warehouse.settings import HttpSettings

Record = dict[str, Any]
Result = dict[str, Any]
Kind = Literal["write", "read", "other"]

# A document is read once and not for every schedule.
named_sync = cache(sync)

_NO_LIMIT = Budget(requests=1_000_000, seconds=1)
_BATCHES = (
    *("partial", "missing_result", "skipped", "duplicate_id", "reordered", "refused_row"),
    *("refused_whole", "empty_success", "empty_after_commit", "token_expiry"),
)


class AnyWire(Protocol):
    """The way to a tool, faulty by script: what it was asked, what befell it."""

    asked: Counter[str]
    struck: Counter[str]
    reordered: bool


class Case(ABC):
    """One destination and one sync to it, with two fields: a text and the version of the row.

    `make prove` and the conformance suite find it in a module `of_<destination>.py` of this
    folder, in its tuple `CASES`.

    Attributes:
        name: of the destination and of what is done there, in words.
        batch: how many rows the harness lets into one request, so that few rows are many requests.
        may_create: a key that the tool does not hold is made.
        is_http: the tool is emulated and asked over HTTP; another brings a wire of its own.
        is_readable: what is in doubt can be looked up; where not, it is sent again, under its key.
        is_slow: to try it takes more than a quick test may: it is left to the slow ones.
        rows_leave: rows leave the model again, and with them what was sent of them.
        at_once: how many batches are under way at a time; with more than one, what a seed shows
            depends on the order of the threads, too.
        last_step: a run is killed at this one or before; enough for the third batch to be settled.
        any_faults: those that can befall any request; `lost_faults` those that lose its answer.
        faults: those of the script that concern the answer to a write of this tool.
        write_path: how the path of a write ends; `read_paths` of what reads back.
        settings: of the account, as the vendor names them.
        broken: the body of an answer by which the tool says that it failed itself.
        same_ids_when_reordered: results name their rows, so that their order means nothing.
        tells_ids: whatever is acknowledged is told with the tool's own id.
        folds_keys: the tool takes a key in another case for the same.
    """

    name: ClassVar[str]
    may_create: ClassVar[bool] = True
    is_http: ClassVar[bool] = True
    is_readable: ClassVar[bool] = True
    is_slow: ClassVar[bool] = False
    rows_leave: ClassVar[bool] = False
    at_once: ClassVar[int] = 1
    last_step: ClassVar[int] = 30
    any_faults: ClassVar[Sequence[str]] = ANY
    lost_faults: ClassVar[Sequence[str]] = LOST
    faults: ClassVar[Sequence[str]] = _BATCHES
    same_ids_when_reordered: ClassVar[bool] = True
    tells_ids: ClassVar[bool] = True
    folds_keys: ClassVar[bool] = False
    write_path: ClassVar[str]
    read_paths: ClassVar[tuple[str, ...]]
    settings: ClassVar[Mapping[str, str]]
    broken: ClassVar[object]

    batch: int = 4
    spec: SyncSpec

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(mapping.field for mapping in self.spec.fields)

    @property
    def is_made_once(self) -> bool:
        return self.spec.is_made_once

    def start(self, folder: Path) -> Any:
        """The tool with the data that `set_up` left."""
        return create_app(folder)

    def wire(self, app: Any, steps: Steps, script: Script, look: Callable[[], None]) -> AnyWire:
        return Wire(self, app, steps, script, look)

    def account(self) -> Source:
        return account_of(self.spec.destination)

    def destination(self, tool: Tool) -> Destination:
        return destination_for(self.spec, tool)

    def client(self, wire: AnyWire) -> Tool:
        """The real client of the real account, but for the wire and the waiting."""
        source = self.account()
        assert isinstance(source, HttpSource)
        base = f"http://127.0.0.1/{self.spec.destination}"
        settings = source.settings.model_validate({"base_url": base, **self.settings})
        return ToolClient(
            source.name,
            base,
            source.authorise(settings),
            budget=_NO_LIMIT,
            headers=source.headers,
            http=HttpSettings(max_attempts=2, backoff_seconds=0, max_wait_seconds=1),
            clock=SystemClock(),
            classify=source.classify,
            transport=cast("Wire", wire),
        )

    def kind_of(self, path: str) -> Kind:
        if path.endswith(self.write_path):
            return "write"
        return "read" if path.endswith(self.read_paths) else "other"

    def kind_of_request(self, method: str, path: str) -> Kind:  # noqa: ARG002 - mostly by the path
        return self.kind_of(path)

    def wish(self, number: int, version: int) -> Record:
        """What is wished for of a row: the fields in their order."""
        text, counter = self.fields
        return {text: f"row {number}", counter: version}

    def version_of(self, fields: Mapping[str, Any]) -> int:
        digits = "".join(filter(str.isdigit, str(fields.get(self.fields[1]) or "0")))
        return int(digits or 0)

    def is_taken(self, answer: Any) -> bool:  # noqa: ARG002 - most say it by the status
        return True

    def expire(self, app: Any) -> tuple[int, object] | None:  # noqa: ARG002 - not all
        """End the session; the answer to the request, where the tool itself would not notice."""
        return 401, {"status": "error", "category": "EXPIRED_AUTHENTICATION"}

    @abstractmethod
    def set_up(self, folder: Path, rows: int) -> None:
        """Data of a tool that holds these rows if it may not make them, else none."""

    @abstractmethod
    def key(self, number: int) -> str: ...

    @abstractmethod
    def key_of(self, row: Record) -> str: ...

    @abstractmethod
    def rows(self, body: Any) -> list[Record]: ...

    @abstractmethod
    def with_rows(self, body: Any, rows: list[Record]) -> Any: ...

    @abstractmethod
    def results(self, answer: Any, rows: list[Record]) -> list[Result]:
        """The results in the order of the rows."""

    @abstractmethod
    def composed(self, results: list[Result]) -> Any: ...

    @abstractmethod
    def rejection(self, row: Record, *, transient: bool) -> Result: ...

    @abstractmethod
    def refusal(self) -> tuple[int, Any]:
        """Status and body by which the tool refuses a request as a whole."""

    @abstractmethod
    def held(self, app: Any) -> list[tuple[str, str, Record]]:
        """Key, id and fields of every record of ours that the tool holds."""


def written(
    destination: Destination, operation: Operation, rows: Sequence[Row]
) -> list[RowOutcome]:
    """What a tool says of a batch, at once or by a job of its own, as the engine hears it."""
    answer = destination.write(operation, rows)
    if not isinstance(answer, Submitted):
        return answer
    named = None if answer.begin is None else answer.begin()
    return ended(destination, named or answer.handle, rows)


def write_manifest(
    folder: Path, vendor: str, credentials: Mapping[str, str], limits: Mapping[str, int] = {}
) -> None:
    (folder / vendor).mkdir(parents=True)
    manifest = {
        "as_of": f"{datetime(2026, 11, 20, 9, tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}",
        "credentials": {vendor: dict(credentials)},
        "limits": {vendor: dict(limits)},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
