"""Stripe's billing API: lists, single records, nested lists, events and a few writes."""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from werkzeug.wrappers import Request, Response

from sandbox.store import Change, Record, Table
from sandbox.throttle import Throttle
from sandbox.vendor import Handler, Refused, Setting, Vendor, json_response
from sandbox.vendors.stripe.errors import invalid, missing, refusal
from sandbox.vendors.stripe.forms import Form, parse_form, paths
from sandbox.vendors.stripe.happenings import (
    DAYS_KEPT,
    NOUNS,
    EventfulTable,
    event_type,
    previous_attributes,
)
from sandbox.vendors.stripe.listing import FILTERS, Order, filters, rest_of
from sandbox.vendors.stripe.records import event
from sandbox.vendors.stripe.shapes import ACCOUNT_VERSION, VERSIONS, embedded, in_version
from sandbox.vendors.stripe.writes import Writes

# Deleted customers still answer for themselves; of everything else only a 404 is left.
_REMEMBERED = {"customers"}
_KINDS_BY_PREFIX = {
    "cus": "customers",
    "prod": "products",
    "price": "prices",
    "sub": "subscriptions",
    "in": "invoices",
    "cn": "credit_notes",
    "di": "discounts",
    "promo": "promotion_codes",
}
_KIND = f"/v1/<any({', '.join(FILTERS)}):kind>"


class Stripe(Vendor):
    """One account in test mode, opened with a secret or restricted key."""

    name = "stripe"
    fragile = "created"
    kinds = (*NOUNS, "discounts", "events")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._issued = 0
        self._throttle = Throttle(self.limits.get("per_second", 25), timedelta(seconds=1))
        self._orders: dict[str, tuple[int, Order]] = {}
        self._writes = Writes(self.tables, self._new_id, self._seconds)
        self._replies: dict[str, tuple[str, Response]] = {}

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        single = f"{_KIND}/<record_id>"
        bill = "/v1/invoices/<record_id>"
        return (
            ("GET", "/v1/subscription_items", self.list_items),
            ("GET", "/v1/<any(invoices, credit_notes):kind>/<record_id>/lines", self.list_lines),
            ("GET", _KIND, self.list_records),
            ("GET", single, self.show),
            ("POST", _KIND, self.create),
            ("POST", f"{bill}/<any(finalize, pay, void, mark_uncollectible):step>", self.settle),
            ("POST", single, self.update),
            ("DELETE", single, self.remove),
        )

    def make_table(self, kind: str) -> Table:
        return EventfulTable(kind, self._tell)

    # -- manners ---------------------------------------------------------------------------

    def admit(self, request: Request) -> None:
        key = _key_of(request)
        if not key:
            raise refusal(401, "You did not provide an API key.")
        if key != self.credentials.get("token"):
            raise refusal(401, f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:]}")
        if not self._throttle.admit(self.clock.now()):
            raise self.throttled(None)
        version = request.headers.get("Stripe-Version", ACCOUNT_VERSION)
        if version not in VERSIONS:
            raise refusal(400, f"Invalid Stripe API version: {version}")
        granted = self.credentials.get("permissions")
        noun = request.path.removeprefix("/stripe/v1/").split("/")[0].rstrip("s")
        needed = f"rak_{noun}_{'read' if request.method == 'GET' else 'write'}"
        if granted is not None and needed not in granted:
            raise refusal(
                403,
                f"The provided key '{key[:8]}***' does not have the required permissions for this"
                f" endpoint. Having the '{needed}' permission would allow this request to"
                " continue.",
            )

    def headers(self, request: Request) -> dict[str, str]:
        version = request.headers.get("Stripe-Version", ACCOUNT_VERSION)
        return {"Request-Id": f"req_{abs(hash(request)):014x}"[:18], "Stripe-Version": version}

    def throttled(self, retry_after: float | None) -> Refused:
        told = {"Stripe-Rate-Limited-Reason": "global-rate", "Stripe-Should-Retry": "true"}
        if retry_after is not None:
            told["Retry-After"] = f"{retry_after:g}"
        message = "Request rate limit exceeded. Try again with exponential backoff."
        return refusal(429, message, code="rate_limit", headers=told)

    def broken(self) -> Refused:
        return refusal(500, "An unknown error occurred.", kind="api_error")

    def unknown_path(self, request: Request) -> Refused:
        path = request.path.removeprefix("/stripe")
        return refusal(404, f"Unrecognized request URL ({request.method}: {path}).")

    def modified_at(self, kind: str, record: Record) -> datetime:
        return datetime.fromtimestamp(record["updated" if kind == "products" else "created"], UTC)

    def stamped(self, kind: str, record: Record, at: datetime, *, new: bool) -> Record:
        """Only products say when they were changed."""
        seconds = int(at.timestamp())
        changes = {"updated": seconds} if kind == "products" else {}
        return {**record, **changes, **({"created": seconds} if new else {})}

    def deleted(self, kind: str, record: Record, at: datetime) -> Record:  # noqa: ARG002  # alike
        return {**record, "deleted": True}

    # -- events ----------------------------------------------------------------------------

    def _seconds(self) -> int:
        return int(self.clock.now().timestamp())

    def _new_id(self, prefix: str) -> str:
        """Ids of one length, never given twice: the sum of all versions only grows."""
        self._issued += 1
        known = sum(len(table) for table in self.tables.values())
        return f"{prefix}_1Sandbox{known:08d}{self._issued:06d}"

    def _event(self, kind: str, before: Record | None, after: Record, at: int) -> Record | None:
        told = event_type(kind, before, after)
        if told is None:
            return None
        whole = event(self._new_id("evt"), told, at, after, api_version=ACCOUNT_VERSION)
        whole_record = before if before is not None and after.get("deleted") else after
        data: Record = {"object": self._shown(whole_record, ACCOUNT_VERSION)}
        if before is not None and told.endswith("updated"):
            was = previous_attributes(before, after)
            data["previous_attributes"] = {
                name: value
                for name, value in self._shown(before, ACCOUNT_VERSION).items()
                if name in was or (name == "items" and "items" in was)
            }
        return {**whole, "data": data}

    def _tell(self, kind: str, before: Record | None, after: Record) -> None:
        told = self._event(kind, before, after, self._seconds())
        if told:
            self._restore("events", told)

    def _restore(self, kind: str, record: Record) -> None:
        cast("EventfulTable", self.tables[kind]).restore(record)

    def apply(self, changes: Iterable[Change]) -> None:
        """Events are changes of their own here: what is journaled must not be told again."""
        for change in changes:
            if change.vendor == self.name:
                self._restore(change.kind, change.record)

    def commit(self, changes: list[tuple[str, Record]]) -> None:
        told = [
            self._event(kind, self.tables[kind].get(record["id"]), record, self._seconds())
            for kind, record in changes
        ]
        super().commit([*changes, *(("events", one) for one in told if one)])

    def live_a_day(self, began: datetime, as_of: datetime) -> tuple[list[Change], int, int]:
        """The day's events come with its records; each shows its record as it is by then."""
        changes, added, changed = super().live_a_day(began, as_of)
        now = {change.record["id"]: change for change in changes if change.kind != "events"}
        whole = []
        for change in changes:
            about = now.get(_subject(change.record)) if change.kind == "events" else None
            whole.append(self._completed(change, about) if about else change)
        return whole, added, changed

    def _completed(self, told: Change, about: Change) -> Change:
        shown = self._shown(about.record, ACCOUNT_VERSION)
        data = {**told.record["data"], "object": shown}
        return Change(self.name, "events", {**told.record, "data": data})

    # -- answers ---------------------------------------------------------------------------

    def _find(self, record_id: str) -> Record | None:
        kind = _KINDS_BY_PREFIX.get(record_id.partition("_")[0], "coupons")
        return self.tables[kind].get(record_id)

    def _shown(self, record: Record, version: str, expand: Any = ()) -> Record:
        """The record as a caller of that version sees it, its nested list cut to ten."""
        if record.get("deleted"):
            return {"id": record["id"], "object": record["object"], "deleted": True}
        for first, rest in expand:
            record = self._expanded(record, [first, *rest])
        return in_version(embedded(record), version, self._find)

    def _expanded(self, record: Record, path: list[str]) -> Record:
        name, *rest = path
        if name not in record:
            raise invalid(f"This property cannot be expanded ({name}).", "expand")
        found = record[name]
        if isinstance(found, list):
            return {**record, name: [self._replaced(one, rest) for one in found]}
        return {**record, name: self._replaced(found, rest)}

    def _replaced(self, found: Any, rest: list[str]) -> Any:
        """What stands there, the record in place of its id, and the rest of the path in it."""
        if isinstance(found, str):
            found = self._find(found) or found
        if isinstance(found, dict) and found.get("object") == "list" and rest[:1] == ["data"]:
            rows = [self._replaced(one, rest[1:]) for one in found["data"]]
            return {**found, "data": rows}
        return self._expanded(found, rest) if isinstance(found, dict) and rest else found

    def _answer(self, request: Request, record: Record, form: Form) -> Response:
        version = request.headers.get("Stripe-Version", ACCOUNT_VERSION)
        return json_response(self._shown(record, version, list(paths(form))))

    def _order(self, kind: str) -> Order:
        table = self.tables[kind]
        kept = self._orders.get(kind)
        if kept is None or kept[0] != table.version:
            live = (record for record in table if not record.get("deleted"))
            kept = self._orders[kind] = (table.version, Order(live))
        return kept[1]

    def list_records(self, request: Request, kind: str) -> Response:
        form = parse_form(request.args)
        checks = filters(kind, form)
        if kind == "events":
            oldest = self._seconds() - DAYS_KEPT * 86_400
            checks.append(lambda record: record["created"] > oldest)
        noun = NOUNS.get(kind, "event").removeprefix("customer.")
        rows, more = self._order(kind).page(
            lambda record: all(fits(record) for fits in checks), form, noun
        )
        asked = list(paths(form, "data."))
        return self._list(request, rows, asked, more=more)

    def _list(self, request: Request, rows: list[Record], expand: Any, *, more: bool) -> Response:
        version = request.headers.get("Stripe-Version", ACCOUNT_VERSION)
        data = [self._shown(row, version, expand) for row in rows]
        url = request.path.removeprefix("/stripe")
        return json_response({"object": "list", "data": data, "has_more": more, "url": url})

    def list_items(self, request: Request) -> Response:
        form = parse_form(request.args)
        owner = self._known("subscriptions", str(form.get("subscription")))
        rows, more = rest_of(owner["items"]["data"], form)
        expand = list(paths(form, "data."))
        return self._list(request, rows, expand, more=more)

    def list_lines(self, request: Request, kind: str, record_id: str) -> Response:
        form = parse_form(request.args)
        rows, more = rest_of(self._known(kind, record_id)["lines"]["data"], form)
        expand = list(paths(form, "data."))
        return self._list(request, rows, expand, more=more)

    def _known(self, kind: str, record_id: str, *, to_change: bool = False) -> Record:
        """A record; what is deleted may be shown where Stripe remembers it, and never changed."""
        record = self.tables[kind].get(record_id)
        is_shown = not to_change and kind in _REMEMBERED
        if record is None or (record.get("deleted") and not is_shown):
            raise missing(NOUNS.get(kind, kind).removeprefix("customer."), record_id)
        return record

    def show(self, request: Request, kind: str, record_id: str) -> Response:
        return self._answer(request, self._known(kind, record_id), parse_form(request.args))

    # -- writes ----------------------------------------------------------------------------

    def _write(self, request: Request, changes: list[tuple[str, Record]]) -> Response:
        self.commit(changes)
        return self._answer(request, changes[-1][1], parse_form(request.form))

    def answer(
        self, request: Request, handler: Handler | None, arguments: dict[str, Any]
    ) -> Response:
        """The first answer again when a write comes again under its idempotency key."""
        key = request.headers.get("Idempotency-Key", "")
        told = f"{request.method} {request.path} {sorted(request.form.items(multi=True))}"
        if request.method != "POST" or not key:
            return super().answer(request, handler, arguments)
        if key in self._replies:
            first, response = self._replies[key]
            if first != told:
                message = "Keys for idempotent requests can only be used with the same parameters"
                return refusal(400, message, kind="idempotency_error").response()
            again = Response(response.get_data(), response.status_code, response.headers)
            again.headers["Idempotent-Replayed"] = "true"
            return again
        response = super().answer(request, handler, arguments)
        if response.status_code not in {401, 403, 429}:
            self._replies[key] = (told, response)
        return response

    def create(self, request: Request, kind: str) -> Response:
        return self._write(request, self._writes.create(kind, parse_form(request.form)))

    def update(self, request: Request, kind: str, record_id: str) -> Response:
        record = self._known(kind, record_id, to_change=True)
        form = parse_form(request.form)
        return self._write(request, self._writes.update(kind, record, form))

    def remove(self, request: Request, kind: str, record_id: str) -> Response:
        record = self._known(kind, record_id, to_change=True)
        gone = self._writes.removed(kind, record)
        return self._write(request, [(kind, gone)])

    def settle(self, request: Request, record_id: str, step: str) -> Response:
        record = self._known("invoices", record_id)
        return self._write(request, [("invoices", self._writes.settled(record, step))])


def _key_of(request: Request) -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        return base64.b64decode(value).decode(errors="replace").partition(":")[0]
    return value if scheme == "Bearer" else ""


def _subject(happening: Record) -> str:
    return str(happening["data"]["object"]["id"])


VENDOR = Stripe
