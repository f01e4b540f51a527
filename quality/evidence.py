"""What evaluating a rule has shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

from quality.spec import Severity


@dataclass(frozen=True)
class Evidence:
    """One rule's result: `failed` rows, or why it could not be evaluated; `keys` name the rows."""

    rule: str
    severity: Severity
    status: Literal["passed", "failed", "error"]
    failed: int
    error: str | None = None
    keys: tuple[str, ...] = ()
    because: str = ""

    def with_keys(self, keys: tuple[str, ...]) -> Self:
        return replace(self, keys=keys)

    def with_error(self, error: str) -> Self:
        return replace(self, status="error", error=error)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"keys": list(self.keys)}
