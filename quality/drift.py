"""Compares the distribution of a column with what it was: the Population Stability Index.

PSI is the sum over bins of (p - q) * ln(p / q), where q is the share of a bin then and p its share
now (Siddiqi, Credit Risk Scorecards, 2006, ch. 10). Numbers fall into the deciles of then, and
other values into the most frequent of then and the rest; empty values are a bin of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Self

from quality.rule import text
from warehouse.connection import Session

# A share of nothing has no logarithm; one in ten thousand stands for it.
_FLOOR = 0.0001
_VALUES = 20
_NUMBERS = ("BIGINT", "DECIMAL", "DOUBLE", "FLOAT", "HUGEINT", "INTEGER", "SMALLINT", "TINYINT")


@dataclass(frozen=True)
class Shape:
    """A distribution: `cuts` between bins of numbers, or hashes of `values`; shares of the bins.

    `shares` has a bin more than there are values (the rest), or than there are cuts, and last the
    share of what is empty. Values are kept as hashes, as they can be people's.
    """

    rows: int
    shares: tuple[float, ...]
    cuts: tuple[float, ...] = ()
    values: tuple[str, ...] = ()

    @classmethod
    def read(cls, said: Any) -> Self | None:
        """A shape as it was kept; None if there was none."""
        if not isinstance(said, dict) or "shares" not in said:
            return None
        lists = {name: tuple(said[name]) for name in ("shares", "cuts", "values")}
        return cls(rows=said["rows"], **lists)

    def as_json(self) -> dict[str, Any]:
        return {
            name: list(one) if isinstance(one, tuple) else one for name, one in asdict(self).items()
        }


def shape_of(session: Session, column: str, relation: str) -> Shape:
    """How a column (quoted) is distributed now."""
    kind = session.rows(f"describe select {column} as value from {relation}")[0]["column_type"]
    if kind.startswith(_NUMBERS):
        tenths = [n / 10 for n in range(1, 10)]
        deciles = session.value(f"select quantile_cont({column}::double, {tenths}) from {relation}")
        # Rounded: a cut is kept, and must not tell what one row holds.
        cuts = tuple(sorted({float(f"{cut:.1e}") for cut in deciles or ()}))
        return _shares(session, relation, _number_bins(column, cuts), cuts=cuts)
    values = tuple(
        row["value"]
        for row in session.rows(
            f"select {_hashed(column)} as value from {relation} where {column} is not null"
            f" group by value order by count(*) desc, value limit {_VALUES}"
        )
    )
    return _shares(session, relation, _value_bins(column, values), values=values)


def index_sql(column: str, shape: Shape) -> str:
    """The index of a column (quoted) against a shape, as an aggregate."""
    numeric = shape.cuts or not shape.values
    bins = _number_bins(column, shape.cuts) if numeric else _value_bins(column, shape.values)
    parts = []
    for condition, share in zip(bins, shape.shares, strict=True):
        now = f"greatest(count(*) filter (where {condition}) / nullif(count(*), 0), {_FLOOR})"
        then = max(share, _FLOOR)
        parts.append(f"({now} - {then!r}) * ln({now} / {then!r})")
    return "(" + " + ".join(parts) + ")"


def _number_bins(column: str, cuts: Sequence[float]) -> list[str]:
    edges = [None, *cuts, None]
    bins = []
    for low, high in pairwise(edges):
        bounds = [
            f"{column} > {low!r}" if low is not None else None,
            f"{column} <= {high!r}" if high is not None else None,
        ]
        bins.append(" and ".join(one for one in bounds if one) or f"{column} is not null")
    return [*bins, f"{column} is null"]


def _value_bins(column: str, values: Sequence[str]) -> list[str]:
    hashed = _hashed(column)
    known = ", ".join(text(value) for value in values)
    rest = f"{column} is not null" + (f" and {hashed} not in ({known})" if values else "")
    return [*(f"{hashed} = {text(value)}" for value in values), rest, f"{column} is null"]


def _hashed(column: str) -> str:
    return f"left(md5({column}::varchar), 12)"


def _shares(session: Session, relation: str, bins: Sequence[str], **said: Any) -> Shape:
    counted = ", ".join(
        f"count(*) filter (where {condition}) as bin_{n}" for n, condition in enumerate(bins)
    )
    row = session.rows(f"select count(*) as rows, {counted} from {relation}")[0]
    rows = row.pop("rows")
    return Shape(rows, tuple(count / max(rows, 1) for count in row.values()), **said)
