"""Stripe's lists: newest first, by cursor, with filters that each object has of its own."""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from itertools import islice
from operator import ge, gt, le, lt
from typing import Any

from sandbox.store import Record
from sandbox.vendors.stripe.errors import invalid, missing, unknown_parameter
from sandbox.vendors.stripe.forms import Form, is_true, whole_number

DEFAULT_PAGE, MAX_PAGE = 10, 100
_PAGING = {"limit", "starting_after", "ending_before", "expand"}
_COMPARE = {"gt": gt, "gte": ge, "lt": lt, "lte": le}

Fits = Callable[[Record], bool]


def _same(name: str) -> Callable[[Any], Fits]:
    return lambda wanted: lambda record: record.get(name) == wanted


def _truth(name: str) -> Callable[[Any], Fits]:
    return lambda wanted: lambda record: record.get(name) is is_true(wanted)


def _among(name: str) -> Callable[[Any], Fits]:
    return lambda wanted: lambda record: record[name] in wanted


def _created(wanted: Any) -> Fits:
    """`created=1` or `created[gte]=1&created[lt]=2`."""
    bounds = wanted if isinstance(wanted, dict) else {"gte": wanted, "lte": wanted}
    checks = []
    for name, text in bounds.items():
        number = whole_number(text)
        if name not in _COMPARE or number is None:
            raise invalid(f"Invalid timestamp: {text}", f"created[{name}]")
        checks.append((_COMPARE[name], number))
    return lambda record: all(compare(record["created"], number) for compare, number in checks)


def _subscription_status(wanted: Any) -> Fits:
    if wanted == "all":
        return lambda _: True
    if wanted == "ended":
        return lambda record: record["ended_at"] is not None
    return lambda record: record["status"] == wanted


def _with_price(wanted: Any) -> Fits:
    return lambda record: any(item["price"]["id"] == wanted for item in record["items"]["data"])


def _billed_subscription(wanted: Any) -> Fits:
    def fits(record: Record) -> bool:
        details = (record["parent"] or {}).get("subscription_details") or {}
        return bool(details.get("subscription") == wanted)

    return fits


def _types(wanted: Any) -> Fits:
    if not isinstance(wanted, list) or len(wanted) > 20:
        raise invalid("types must be a list of up to 20 event types", "types")
    return _among("type")(set(wanted))


def _type(wanted: Any) -> Fits:
    return lambda record: fnmatchcase(record["type"], wanted)


FILTERS: dict[str, dict[str, Callable[[Any], Fits]]] = {
    "customers": {"created": _created, "email": _same("email")},
    "products": {"created": _created, "active": _truth("active"), "ids": _among("id")},
    "prices": {
        "created": _created,
        "active": _truth("active"),
        "product": _same("product"),
        "currency": _same("currency"),
        "type": _same("type"),
    },
    "subscriptions": {
        "created": _created,
        "customer": _same("customer"),
        "status": _subscription_status,
        "price": _with_price,
    },
    "invoices": {
        "created": _created,
        "customer": _same("customer"),
        "status": _same("status"),
        "subscription": _billed_subscription,
    },
    "credit_notes": {
        "created": _created,
        "customer": _same("customer"),
        "invoice": _same("invoice"),
    },
    "coupons": {"created": _created},
    "promotion_codes": {
        "created": _created,
        "active": _truth("active"),
        "code": _same("code"),
        "customer": _same("customer"),
    },
    "events": {"created": _created, "type": _type, "types": _types},
}


def filters(kind: str, form: Form) -> list[Fits]:
    """What the caller asks for; canceled subscriptions only when asked for."""
    known = FILTERS[kind]
    for name in form:
        if name not in known and name not in _PAGING:
            raise unknown_parameter(name)
    found = [known[name](value) for name, value in form.items() if name in known]
    if kind == "subscriptions" and "status" not in form:
        found.append(lambda record: record["status"] not in {"canceled", "incomplete_expired"})
    return found


class Order:
    """The records of one object, newest first, and where each of them stands."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._rows = sorted(records, key=lambda one: (-one["created"], one["id"]))
        self._places = {row["id"]: place for place, row in enumerate(self._rows)}

    def page(self, fits: Fits, form: Form, noun: str) -> tuple[list[Record], bool]:
        """The page that the caller asks for, and whether there are more behind it."""
        size = limit_of(form)
        after, before = form.get("starting_after"), form.get("ending_before")
        if after is not None and before is not None:
            message = "Please provide only one of starting_after or ending_before"
            raise invalid(message, "ending_before")
        if before is not None:
            place = self._place(before, "ending_before", noun)
            found = self._some(range(place - 1, -1, -1), fits, size)
            return found[:size][::-1], len(found) > size
        start = 0 if after is None else self._place(after, "starting_after", noun) + 1
        found = self._some(range(start, len(self._rows)), fits, size)
        return found[:size], len(found) > size

    def _some(self, places: Iterable[int], fits: Fits, size: int) -> list[Record]:
        rows = (self._rows[place] for place in places)
        return list(islice((row for row in rows if fits(row)), size + 1))

    def _place(self, record_id: str, param: str, noun: str) -> int:
        if record_id not in self._places:
            raise missing(noun, record_id, param=param, status=400)
        return self._places[record_id]


def rest_of(rows: list[Record], form: Form) -> tuple[list[Record], bool]:
    """A page of a list that is part of a record, in its own order."""
    size, after = limit_of(form), form.get("starting_after")
    ids = [row["id"] for row in rows]
    if after is not None and after not in ids:
        raise missing("object", after, param="starting_after", status=400)
    start = ids.index(after) + 1 if after else 0
    return rows[start : start + size], len(rows) > start + size


def limit_of(form: Form) -> int:
    text = form.get("limit", DEFAULT_PAGE)
    number = whole_number(text)
    if number is None:
        raise invalid(f"Invalid integer: {text}", "limit")
    if not 1 <= number <= MAX_PAGE:
        raise invalid(f"This value must lie between 1 and {MAX_PAGE}.", "limit")
    return number
