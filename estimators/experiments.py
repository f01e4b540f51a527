"""What experiments say, as the tables that dbt's Python models return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from estimators.significance import (
    Arm,
    Comparison,
    Demands,
    compare,
    compounded,
    ten_places,
    verdict,
)

_RATIO = pa.decimal128(38, 10)
_ADDED: dict[str, pa.DataType] = {
    "a_rate": _RATIO,
    "b_rate": _RATIO,
    "absolute_lift": _RATIO,
    "relative_lift": _RATIO,
    "lift_low": _RATIO,
    "lift_high": _RATIO,
    "z": _RATIO,
    "p_value": _RATIO,
    "detectable_lift": _RATIO,
    "needed_per_arm": pa.int64(),
    "verdict": pa.string(),
}
_COMPOUNDING: dict[str, pa.DataType] = {
    "compounding": pa.string(),
    "gain_per_cycle": pa.decimal128(38, 18),
    "cycles": pa.int64(),
    "compounded_gain": _RATIO,
}


def experiment_results(counts: pa.Table, settings: pa.Table) -> pa.Table:
    """The experiments of `metrics.experiment_counts`, one row each, with what they say.

    Shares and lifts are parts of one with ten places; `settings` has one row, or none where
    there are no experiments either.
    """
    demands = _demands(settings)
    schema = pa.schema([*counts.schema, *(pa.field(*field) for field in _ADDED.items())])
    return pa.Table.from_pylist([_told(row, demands) for row in counts.to_pylist()], schema=schema)


def experiment_compounding(cycles: pa.Table) -> pa.Table:
    """What the gains of `policy.experiment_cycles` come to."""
    rows = [
        row | {"compounded_gain": compounded(row["gain_per_cycle"], row["cycles"])}
        for row in cycles.to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(_COMPOUNDING.items())))


def _demands(settings: pa.Table) -> Demands:
    said = settings.to_pylist()
    return Demands(said[0]["confidence"], said[0]["power"]) if said else Demands()


def _told(row: Mapping[str, Any], demands: Demands) -> dict[str, Any]:
    a, b = Arm(row["a_n"], row["a_conversions"]), Arm(row["b_n"], row["b_conversions"])
    found = compare(a, b, demands)
    return {
        **row,
        "a_rate": ten_places(found.rate_a),
        "b_rate": ten_places(found.rate_b),
        "absolute_lift": ten_places(found.absolute_lift),
        "relative_lift": ten_places(found.relative_lift),
        "lift_low": ten_places(found.lift_low),
        "lift_high": ten_places(found.lift_high),
        "z": ten_places(found.z),
        "p_value": ten_places(found.p_value),
        "detectable_lift": ten_places(found.detectable_lift),
        "needed_per_arm": found.needed_per_arm,
        "verdict": _verdict(row, found, demands),
    }


def _verdict(row: Mapping[str, Any], found: Comparison, demands: Demands) -> str:
    """In words, and of a holdout first whether it has begun and how far it has come."""
    if row["kind"] != "held out":
        return verdict(found, demands)
    if not row["members"]:
        return f"not begun: no sync with the holdout {row['holdout']} has run"
    followed = row["a_n"] + row["b_n"]
    if not followed:
        return f"waiting: none of {row['members']:,} members has been followed to the end"
    return f"{verdict(found, demands)} (A held out, B treated)"
