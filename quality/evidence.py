"""What evaluating a rule has shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

from quality.rule import BaseRule, Measure, Severity

# In a result as Great Expectations writes it, so many keys stand for all.
_SAMPLE = 20


@dataclass(frozen=True)
class Evidence:
    """One rule's result: `failed` rows, or why it could not be evaluated; `keys` name the rows.

    `result` is what Great Expectations said, in its own format, and `kept` is what later gates
    compare themselves with.
    """

    rule: str
    severity: Severity
    status: Literal["passed", "failed", "error"]
    failed: int
    error: str | None = None
    keys: tuple[str, ...] = ()
    because: str = ""
    owner: str = ""
    observed: float | None = None
    result: Mapping[str, Any] | None = None
    kept: Any = None

    def with_keys(self, keys: tuple[str, ...], column: str) -> Self:
        """The same with its rows named, in the result too as Great Expectations does it."""
        index = {
            "unexpected_index_column_names": [column],
            "partial_unexpected_index_list": [{column: key} for key in keys[:_SAMPLE]],
        }
        said = self.result and {**self.result, "result": {**self.result["result"], **index}}
        return replace(self, keys=keys, result=said)

    def with_error(self, error: str) -> Self:
        return replace(self, status="error", error=error)

    @property
    def counts_rows(self) -> bool:
        """Whether `failed` is a number of rows; of a rule about the whole table it is one."""
        return "unexpected_count" in ((self.result or {}).get("result") or {})

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"keys": list(self.keys)}


def evidence_of(
    rule: BaseRule, measure: Measure, result: Mapping[str, Any] | None, owner: str
) -> Evidence:
    """What a result of Great Expectations says of a rule; none, or half of one, is an error."""
    blank = Evidence(
        *(rule.name, rule.severity, "error", 0), because=rule.because, owner=owner, result=result
    )
    if result is None:
        return blank.with_error("Great Expectations gave no result")
    raised = result.get("exception_info") or {}
    if raised.get("raised_exception"):
        return blank.with_error(str(raised.get("exception_message")))
    said = result.get("result") or {}
    observed = said.get("unexpected_count" if measure.counts_rows else "observed_value")
    if not isinstance(observed, int | float) or not isinstance(result.get("success"), bool):
        return blank.with_error("there is nothing to reckon it from")
    is_within = (measure.low is None or observed >= measure.low) and (
        measure.high is None or observed <= measure.high
    )
    if is_within != result["success"]:
        return blank.with_error("Great Expectations says other than its own figure")
    failed = 0 if is_within else int(observed) if measure.counts_rows else 1
    return replace(
        blank, status="passed" if is_within else "failed", failed=failed, observed=observed
    )
