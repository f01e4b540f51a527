"""What reading the tools came to; tells whoever listens of each stream, and what was landed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self

from connectors.core.extract import StreamResult
from orchestration.severity import worst
from warehouse.telemetry import count, span


@dataclass
class ExtractResult:
    """What every stream brought; `echoes` are versions that we caused ourselves."""

    run_id: str
    streams: list[StreamResult] = field(default_factory=list)
    echoes: dict[str, int] = field(default_factory=dict)
    quotas: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        partial = any(
            one.landed.rejects or one.verdict in {"missing", "surplus"} for one in self.streams
        )
        return worst([*(one.exit_code for one in self.streams), 4 if partial else 0])

    def as_json(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "streams": [one.as_json() for one in self.streams],
            "echoes": self.echoes,
            "quotas": self.quotas,
            "exit_code": self.exit_code,
        }


class Readings:
    """One span for each stream, from its beginning to that of the next."""

    def __init__(self, say: Callable[[str], None], *, step: str) -> None:
        self._say, self._step, self._stack = say, step, ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def begin(self, stream: str) -> None:
        """A stream of that name begins, and the one before it is over."""
        self._stack.close()
        self._stack.enter_context(span("extract", step=self._step, stream=stream))
        self._say(stream)


def count_landed(results: Iterable[StreamResult]) -> None:
    """Count the versions that were landed, and the records that were refused."""
    for one in results:
        stream = f"{one.vendor}.{one.stream}"
        count("rows_landed", one.landed.versions, stream=stream)
        count("rejects", one.landed.rejects, stream=stream)
