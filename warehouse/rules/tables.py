"""Rows of the rule book as tables, with the types that they have in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

# Points are exact: never a floating-point number.
POINTS = pa.decimal128(16, 4)


def table(rows: Sequence[Mapping[str, Any]], types: Mapping[str, pa.DataType]) -> pa.Table:
    """The rows with these columns; a table without rows has them too."""
    return pa.Table.from_pylist(list(rows), schema=pa.schema(list(types.items())))
