"""What is under proof without HTTP: a case of its own kind, and a wire that numbers its steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any, ClassVar

from tests.reverse_etl.proof.case import Case, Kind, Record, Result
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script


class LocalWire:
    """Counts what is asked of a tool, and says what befalls each request."""

    def __init__(self, app: Any, steps: Steps, script: Script, look: Callable[[], None]) -> None:
        self.app, self.steps = app, steps
        self._script, self._look = script, look
        self.chance = Random(script.seed)
        self.asked: Counter[str] = Counter()
        self.struck: Counter[str] = Counter()
        self.reordered = False
        self.fault: str | None = None

    @contextmanager
    def request(self, kind: Kind) -> Iterator[None]:
        self.asked[kind] += 1
        self.fault = self._script.faults.get((kind, self.asked[kind]))
        self.steps.take(f"before request: {kind}")
        if self.fault is not None:
            self.struck[self.fault] += 1
        try:
            yield
        finally:
            self._look()
            self.steps.take(f"after request: {kind}")


class LocalCase(Case):
    """A tool that no request of HTTP reaches: what would be said of bodies is never asked."""

    is_http = False
    write_path = ""
    read_paths = ()
    settings: ClassVar[Mapping[str, str]] = {}
    broken: ClassVar[object] = None

    def key_of(self, row: Record) -> str:
        raise NotImplementedError

    def rows(self, body: Any) -> list[Record]:
        raise NotImplementedError

    def with_rows(self, body: Any, rows: list[Record]) -> Any:
        raise NotImplementedError

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:
        raise NotImplementedError

    def composed(self, results: list[Result]) -> Any:
        raise NotImplementedError

    def rejection(self, row: Record, *, transient: bool) -> Result:
        raise NotImplementedError

    def refusal(self) -> tuple[int, Any]:
        raise NotImplementedError
