"""The measures of a gate asked in plain SQL, as Great Expectations would answer them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from quality.rule import Measure
from quality.spec import RuleSet


def gather(
    ruleset: RuleSet, measures: Mapping[str, Measure], warehouse_file: Path
) -> dict[str, Any]:
    with duckdb.connect(str(warehouse_file)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        columns = ", ".join(one.sql for one in measures.values())
        statement = f"select count(*), {columns} from {ruleset.relation}"
        rows, *values = connection.execute(statement).fetchall()[0]
    return {
        name: _result(measure, rows, value)
        for (name, measure), value in zip(measures.items(), values, strict=True)
    }


def _result(measure: Measure, rows: int, value: Any) -> dict[str, Any]:
    if measure.counts_rows:
        said = {"element_count": rows, "unexpected_count": value}
        return {"success": value == 0, "result": said}
    value = None if value is None else float(value)
    is_within = (
        value is not None
        and (measure.low is None or value >= measure.low)
        and (measure.high is None or value <= measure.high)
    )
    return {"success": is_within, "result": {"observed_value": value}}
