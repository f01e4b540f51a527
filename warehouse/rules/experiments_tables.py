"""The experiments as the tables of the schema `policy`, for dbt's Python models."""

from __future__ import annotations

import pyarrow as pa

from warehouse.rules.book import read
from warehouse.rules.experiments import Experiments
from warehouse.rules.tables import table

# What the one experiment of the exchange form is called, which has no name there.
EXCHANGED = "ab"

_SETTINGS: dict[str, pa.DataType] = {
    "setting": pa.string(),
    "confidence": pa.float64(),
    "power": pa.float64(),
}
_ARMS: dict[str, pa.DataType] = {
    "experiment": pa.string(),
    "position": pa.int32(),
    "description": pa.string(),
    "is_exchanged": pa.bool_(),
    "a_n": pa.int64(),
    "a_conversions": pa.int64(),
    "b_n": pa.int64(),
    "b_conversions": pa.int64(),
}
_OUTCOMES: dict[str, pa.DataType] = {
    "experiment": pa.string(),
    "position": pa.int32(),
    "description": pa.string(),
    "holdout": pa.string(),
    "happens": pa.string(),
    "stage": pa.string(),
    "within_days": pa.int32(),
}
_CYCLES: dict[str, pa.DataType] = {
    "compounding": pa.string(),
    "gain_per_cycle": pa.decimal128(38, 18),
    "cycles": pa.int64(),
}


def experiment_settings() -> pa.Table:
    """One row, or none where there is no such document."""
    found = read(Experiments)
    if found is None:
        return table([], _SETTINGS)
    said = {"setting": "experiments", "confidence": found.confidence, "power": found.power}
    return table([said], _SETTINGS)


def experiment_arms() -> pa.Table:
    """Experiments whose arms were counted elsewhere."""
    found = read(Experiments)
    if found is None:
        return table([], _ARMS)
    named = [(one.name, one.description, one.a, one.b) for one in found.experiments]
    rows = [
        {
            "experiment": name,
            "position": position,
            "description": description,
            "is_exchanged": position == 0,
            "a_n": a.n,
            "a_conversions": a.conversions,
            "b_n": b.n,
            "b_conversions": b.conversions,
        }
        for position, (name, description, a, b) in enumerate(
            [(EXCHANGED, "B against A", found.a, found.b), *named]
        )
        if a and b
    ]
    return table(rows, _ARMS)


def experiment_outcomes() -> pa.Table:
    """Experiments on a holdout: what is to happen, and within how many days."""
    found = read(Experiments)
    rows = [
        {
            "experiment": one.name,
            "position": position,
            "description": one.description,
            "holdout": one.holdout,
            **one.outcome.model_dump(),
        }
        for position, one in enumerate(found.experiments if found else (), start=1)
        if one.outcome
    ]
    return table(rows, _OUTCOMES)


def experiment_cycles() -> pa.Table:
    """The small gain that is compounded; no row where none is declared."""
    found = read(Experiments)
    said = found.compounding if found else None
    rows = [{"compounding": "compounding", **said.model_dump()}] if said else []
    return table(rows, _CYCLES)
