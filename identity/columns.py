"""Columns of Arrow as one array each, whichever way they came."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def flat(column: Any) -> Any:
    """The array of a column that may be in chunks."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
