"""What Salesforce notes by itself: the histories of opportunities, and what goes with a parent."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sandbox.instants import salesforce_instant
from sandbox.store import Change, Record, Table
from sandbox.vendors.salesforce.ids import salesforce_id
from sandbox.vendors.salesforce.records import sobject
from sandbox.vendors.salesforce.schema import CHILDREN

VENDOR = "salesforce"
# Field -> what its history says of its type.
_WATCHED = {"StageName": "Text", "Amount": "Currency", "CloseDate": "DateOnly"}
# History names the forecast by the API's word, not by the label that opportunities show.
_FORECAST = {"Commit": "Forecast"}
NewId = Callable[[str], str]


def stage_row(opportunity: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The values of an opportunity as its history keeps them."""
    amount, probability = opportunity["Amount"], opportunity["Probability"]
    category = opportunity["ForecastCategoryName"]
    return {
        "OpportunityId": opportunity["Id"],
        "CreatedById": opportunity["OwnerId"],
        "StageName": opportunity["StageName"],
        "Amount": amount,
        "ExpectedRevenue": None if amount is None else amount * probability / 100,
        "Probability": probability,
        "ForecastCategory": _FORECAST.get(category, category),
        "CloseDate": opportunity["CloseDate"],
        "PrevAmount": before and before["Amount"],
        "PrevCloseDate": before and before["CloseDate"],
        "IsDeleted": False,
    }


def field_rows(
    opportunity: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Iterator[dict[str, Any]]:
    """One row for each watched field that changed; a creation is a row of its own."""
    base = {"OpportunityId": opportunity["Id"], "CreatedById": opportunity["OwnerId"]}
    if before is None:
        yield base | _changed("created", "Text", None, None)
        return
    for name, kind in _WATCHED.items():
        if before[name] != opportunity[name]:
            yield base | _changed(name, kind, before[name], opportunity[name])


def _changed(name: str, kind: str, old: object, new: object) -> dict[str, Any]:
    values = {"OldValue": old, "NewValue": new}
    return {"Field": name, "DataType": kind, **values, "IsDeleted": False}


def follow(
    tables: Mapping[str, Table],
    before: Record | None,
    after: Record,
    at: datetime,
    made: Counter[str] | None = None,
) -> list[Change]:
    """The histories' new rows for a written opportunity, and the end of the row before them.

    `made` counts the rows that other opportunities of the same commit have got, by object.
    """
    made = Counter() if made is None else made
    fields = list(field_rows(after, before))
    if not fields:
        return []
    changes = []
    last = _last_stage_row(tables["OpportunityHistory"], after["Id"])
    if last is not None:
        # A row is stamped once more when the next one takes its place.
        ended = {**last, "SystemModstamp": salesforce_instant(at)}
        changes.append(Change(VENDOR, "OpportunityHistory", ended))
    rows = [("OpportunityHistory", stage_row(after, before))]
    rows += [("OpportunityFieldHistory", row) for row in fields]
    for kind, row in rows:
        record = sobject(kind, new_id(tables[kind], kind, made[kind]), row, at, at)
        made[kind] += 1
        changes.append(Change(VENDOR, kind, record))
    return changes


def new_id(table: Table, kind: str, place: int = 0) -> str:
    """An id behind all that were generated."""
    return salesforce_id(kind, 900_000_000_000 + len(table) + place)


def _last_stage_row(table: Table, opportunity_id: str) -> Record | None:
    own = [row for row in table if row["OpportunityId"] == opportunity_id]
    return max(own, key=lambda row: (row["CreatedDate"], row["Id"]), default=None)


def orphans(tables: Mapping[str, Table], kind: str, parent: Record) -> Iterator[Change]:
    """What goes to the recycle bin with a deleted record; histories keep their stamps."""
    for child, (of, field) in CHILDREN.items():
        if of != kind:
            continue
        for row in [r for r in tables[child] if r[field] == parent["Id"] and not r["IsDeleted"]]:
            moved = "LastModifiedDate" in row
            stamps = {"SystemModstamp": parent["SystemModstamp"]} if moved else {}
            yield Change(VENDOR, child, {**row, **stamps, "IsDeleted": True})
