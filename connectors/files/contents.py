"""Checks the rows of one file against its contract, and makes of each what is landed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from pydantic import ValidationError

from connectors.core.folder import Drop
from connectors.core.rows import joined_key
from connectors.files.records import Row
from connectors.files.tables import Found, rows_of
from warehouse.drops import Unreadable
from warehouse.landing import Reject


class Contents:
    """What one file says.

    Attributes:
        rows: the payload of each key, in the order of the file.
        rejects: what breaks the contract, each naming file, row and field.
    """

    def __init__(self, drop: Drop, contract: type[Row]) -> None:
        self.rows: dict[str, bytes] = {}
        self.rejects: list[Reject] = []
        self._drop, self._contract = drop, contract
        self._first: dict[str, int] = {}
        try:
            for found in rows_of(drop.path):
                self._require_columns(found)
                self._take(found)
        except Unreadable as error:
            self._refuse(f"{drop.name}: {error}", {"_file": drop.name})

    def _take(self, found: Found) -> None:
        values = self._named(found.values)
        fault = found.fault or self._keep(found.row, values)
        if fault:
            place = {"_file": self._drop.name, "_row": found.row}
            self._refuse(f"{self._drop.name}, row {found.row}: {fault}", place | values)

    def _keep(self, number: int, values: dict[str, Any]) -> str | None:
        """Take a row if it keeps the contract; why not, otherwise."""
        try:
            row = self._contract.model_validate(values)
        except ValidationError as error:
            return "; ".join(
                f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
                for fault in error.errors(include_input=False, include_url=False)
            )
        fields = {name: _shown(value) for name, value in row.model_dump().items()}
        keys = self._contract.keys
        key = joined_key([str(fields[name] or "") for name in keys])
        if key in self._first:
            return f"{', '.join(keys)}: the same as in row {self._first[key]}"
        self._first[key] = number
        own = {"_key": key, "_deleted": False, "_file": self._drop.name}
        self.rows[key] = _encoded(own | values | fields)
        return None

    def _require_columns(self, found: Found) -> None:
        """A table without a column that the contract needs is refused as a whole, once."""
        there = {self._contract.headings.get(name, name) for name in found.values}
        fields = self._contract.model_fields.items()
        lacking = [name for name, field in fields if field.is_required() and name not in there]
        if found.is_tabular and lacking and found.fault is None:
            raise Unreadable(f"row 1: {', '.join(lacking)}: there is no such column")

    def _named(self, values: dict[str, Any]) -> dict[str, Any]:
        """Columns by the names of the contract; an empty cell says nothing."""
        return {
            self._contract.headings.get(name, name): value
            for name, value in values.items()
            if value is not None and str(value).strip()
        }

    def _refuse(self, reason: str, payload: dict[str, Any]) -> None:
        self.rejects.append(Reject(None, reason, _encoded(payload).decode()))


def _shown(value: object) -> object:
    """A contract's value as the landed row shows it: numbers as plain text, dates in ISO form."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def _encoded(row: dict[str, Any]) -> bytes:
    return msgspec.json.encode(row, enc_hook=str)
