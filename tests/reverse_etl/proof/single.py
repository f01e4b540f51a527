"""Tools that take one row a request: the body is the row, and the answer its result."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.reverse_etl.proof.case import Case, Record, Result


class OneRowCase(Case):
    """Nothing can be left out of an answer or reordered in it; `nothing` is one without a word."""

    batch = 1
    nothing: ClassVar[Record] = {}

    def rows(self, body: Any) -> list[Record]:
        return [body]

    def with_rows(self, body: Any, rows: list[Record]) -> Any:  # noqa: ARG002 - the row is it
        return rows[0]

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:  # noqa: ARG002 - one
        return [answer]

    def composed(self, results: list[Result]) -> Any:
        return results[0] if results else self.nothing
