"""Salesforce's REST API: tokens, SOQL queries, sObjects, describe and limits."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.instants import parse_instant, salesforce_instant
from sandbox.store import Record, Table
from sandbox.throttle import Throttle
from sandbox.vendor import Handler, Refused, Setting, Vendor, json_response
from sandbox.vendors.salesforce import soql
from sandbox.vendors.salesforce.ids import long_id
from sandbox.vendors.salesforce.schema import FIELDS, description, object_name, summary

DAILY = 100_000
SESSION = timedelta(hours=2)
MAX_BATCH, LEAST_BATCH = 2_000, 200
OPEN_LOCATORS = 50
_DATA = "/services/data/<version>"
_TOKEN = "/services/oauth2/token"  # noqa: S105  # a path


@dataclass(frozen=True)
class Cursor:
    """What a query locator stands for: the rows found when the query ran."""

    kind: str
    fields: tuple[str, ...]
    rows: list[Record]
    batch: int


def refusal(status: int, code: str, message: str, **more: Any) -> Refused:
    """A refusal in Salesforce's error body, which is a list."""
    return Refused(status, [{"message": message, "errorCode": code, **more}])


class Salesforce(Vendor):
    """One org, opened through a connected app's client credentials."""

    name = "salesforce"
    fragile = "SystemModstamp"
    kinds = ("Account", "Contact", "Opportunity", "User")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._calls = Throttle(self.limits.get("daily_requests", DAILY), timedelta(days=1))
        self._sessions: dict[str, datetime] = {}
        self._cursors: dict[str, Cursor] = {}
        self._numbers = count(1)

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        return (
            ("POST", _TOKEN, self.issue_token),
            ("GET", f"{_DATA}/query", self.query),
            ("GET", f"{_DATA}/queryAll", self.query_all),
            ("GET", f"{_DATA}/query/<locator>", self.more),
            ("GET", f"{_DATA}/queryAll/<locator>", self.more),
            ("GET", f"{_DATA}/", self.list_resources),
            ("GET", f"{_DATA}/limits", self.show_limits),
            ("GET", f"{_DATA}/sobjects", self.list_objects),
            ("GET", f"{_DATA}/sobjects/<kind>/describe", self.describe),
            ("GET", f"{_DATA}/sobjects/<kind>/<record_id>", self.get_record),
        )

    def make_table(self, kind: str) -> Table:  # noqa: ARG002  # alike for all
        return Table(lambda record: str(record["Id"]), numeric=False)

    # -- manners ---------------------------------------------------------------------------

    def admit(self, request: Request) -> None:
        if request.path.endswith(_TOKEN):
            return
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        now = self.clock.now()
        if self._sessions.get(token, now) <= now:
            raise refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if not self._calls.admit(now):
            raise self.throttled(None)

    def expire_tokens(self) -> None:
        self._sessions.clear()

    def headers(self, request: Request) -> dict[str, str]:
        if request.path.endswith(_TOKEN):
            return {}
        used = self._calls.limit - self._calls.remaining(self.clock.now())
        return {"Sforce-Limit-Info": f"api-usage={used}/{self._calls.limit}"}

    def throttled(self, retry_after: float | None) -> Refused:
        refused = refusal(403, "REQUEST_LIMIT_EXCEEDED", "The org's request limit is exceeded.")
        if retry_after is not None:
            refused.headers["Retry-After"] = f"{retry_after:g}"
        return refused

    def broken(self) -> Refused:
        return refusal(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")

    def unknown_path(self, request: Request) -> Refused:  # noqa: ARG002  # alike for all
        return refusal(404, "NOT_FOUND", "The requested resource does not exist")

    def modified_at(self, kind: str, record: Record) -> datetime:  # noqa: ARG002  # one field
        return parse_instant(record["SystemModstamp"])

    def stamped(self, kind: str, record: Record, at: datetime, *, new: bool) -> Record:  # noqa: ARG002
        stamp = salesforce_instant(at)
        created = {"CreatedDate": stamp} if new else {}
        return {**record, **created, "LastModifiedDate": stamp, "SystemModstamp": stamp}

    def deleted(self, kind: str, record: Record, at: datetime) -> Record:
        return {**self.stamped(kind, record, at, new=False), "IsDeleted": True}

    # -- tokens ----------------------------------------------------------------------------

    def issue_token(self, request: Request) -> Response:
        self._check_client(request)
        now = self.clock.now()
        seed = f"{self.credentials.get('client_secret')}/{now.isoformat()}/{next(self._numbers)}"
        token = f"00D5g000000sandbox!{hashlib.sha256(seed.encode()).hexdigest()}"
        self._sessions = {t: until for t, until in self._sessions.items() if until > now}
        self._sessions[token] = now + SESSION
        # The vendor's own base: what follows is called below it.
        base = request.url.removesuffix(_TOKEN)
        answer = {
            "access_token": token,
            "signature": hashlib.sha256(token.encode()).hexdigest()[:44],
            "scope": "api",
            "instance_url": base,
            "id": f"{base}/id/00D5g000000sandbox/0055g00000000001",
            "token_type": "Bearer",
            "issued_at": str(int(now.timestamp() * 1_000)),
        }
        return json_response(answer)

    def _check_client(self, request: Request) -> None:
        form = request.form
        if form.get("client_id") != self.credentials.get("client_id"):
            raise _token_refusal("invalid_client_id", "client identifier invalid")
        if form.get("client_secret") != self.credentials.get("client_secret"):
            raise _token_refusal("invalid_client", "invalid client credentials")
        grant = form.get("grant_type")
        if grant not in {"client_credentials", "refresh_token"}:
            raise _token_refusal("unsupported_grant_type", "grant type not supported")
        if grant == "refresh_token" and form.get("refresh_token") != self.credentials.get(grant):
            raise _token_refusal("invalid_grant", "expired or invalid refresh token")

    # -- queries ---------------------------------------------------------------------------

    def query(self, request: Request, version: str) -> Response:
        return self._query(request, version, with_deleted=False)

    def query_all(self, request: Request, version: str) -> Response:
        return self._query(request, version, with_deleted=True)

    def _query(self, request: Request, version: str, *, with_deleted: bool) -> Response:
        root = _root(version)
        try:
            parsed = soql.parse(request.args.get("q", ""))
            kind = object_name(parsed.target)
            if kind is None:
                message = f"sObject type '{parsed.target}' is not supported."
                raise refusal(400, "INVALID_TYPE", message)
            visible = (r for r in self.tables[kind] if with_deleted or not r.get("IsDeleted"))
            rows = soql.run(parsed, visible, FIELDS[kind])
        except soql.MalformedQuery as error:
            raise refusal(400, "MALFORMED_QUERY", str(error)) from error
        except soql.InvalidField as error:
            raise refusal(400, "INVALID_FIELD", str(error)) from error
        if parsed.fields is None:
            return json_response({"totalSize": len(rows), "done": True, "records": []})
        fields = tuple(soql.field_of(FIELDS[kind], name) for name in parsed.fields)
        return self._page(root, self._open(Cursor(kind, fields, rows, _batch_size(request))), 0)

    def _open(self, cursor: Cursor) -> str:
        """Keep the rows under a locator, the oldest locator making room."""
        locator = f"0r8xx{next(self._numbers):013d}"
        self._cursors[locator] = cursor
        while len(self._cursors) > OPEN_LOCATORS:
            self._cursors.pop(next(iter(self._cursors)))
        return locator

    def more(self, request: Request, version: str, locator: str) -> Response:  # noqa: ARG002
        name, _, start = locator.rpartition("-")
        if name not in self._cursors or not start.isdigit():
            raise refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(_root(version), name, int(start))

    def _page(self, root: str, locator: str, start: int) -> Response:
        cursor = self._cursors[locator]
        end = start + cursor.batch
        rows = [_shown(root, cursor.kind, r, cursor.fields) for r in cursor.rows[start:end]]
        done = end >= len(cursor.rows)
        # The real API says `query` here even after queryAll.
        following = {} if done else {"nextRecordsUrl": f"{root}/query/{locator}-{end}"}
        if done:
            del self._cursors[locator]
        body = {"totalSize": len(cursor.rows), "done": done, **following, "records": rows}
        return json_response(body)

    # -- the rest --------------------------------------------------------------------------

    def list_resources(self, request: Request, version: str) -> Response:  # noqa: ARG002
        """What the version offers; any session may ask."""
        root = _root(version)
        return json_response({name: f"{root}/{name}" for name in ("query", "limits", "sobjects")})

    def show_limits(self, request: Request, version: str) -> Response:  # noqa: ARG002
        _root(version)
        left = self._calls.remaining(self.clock.now())
        daily = {"Max": self._calls.limit, "Remaining": left}
        jobs = {"Max": 10_000, "Remaining": 10_000}
        return json_response({"DailyApiRequests": daily, "DailyBulkV2QueryJobs": jobs})

    def list_objects(self, request: Request, version: str) -> Response:  # noqa: ARG002
        root = _root(version)
        objects = [summary(kind, root) for kind in FIELDS]
        return json_response({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})

    def describe(self, request: Request, version: str, kind: str) -> Response:
        return json_response(description(self._kind(request, kind), _root(version)))

    def get_record(self, request: Request, version: str, kind: str, record_id: str) -> Response:
        name, root = self._kind(request, kind), _root(version)
        record = self.tables[name].get(long_id(record_id))
        if record is None:
            raise self.unknown_path(request)
        if record.get("IsDeleted"):
            raise refusal(404, "ENTITY_IS_DELETED", "entity is deleted")
        asked = [field for field in request.args.get("fields", "").split(",") if field]
        try:
            fields = [soql.field_of(FIELDS[name], field) for field in asked]
        except soql.InvalidField as error:
            raise refusal(400, "INVALID_FIELD", str(error)) from error
        return json_response(_shown(root, name, record, fields or FIELDS[name]))

    def _kind(self, request: Request, kind: str) -> str:
        name = object_name(kind)
        if name is None:
            raise self.unknown_path(request)
        return name


def _token_refusal(error: str, description_: str) -> Refused:
    return Refused(400, {"error": error, "error_description": description_})


def _root(version: str) -> str:
    if not re.fullmatch(r"v\d{2}\.0", version):
        raise refusal(404, "NOT_FOUND", "The requested resource does not exist")
    return f"/services/data/{version}"


def _batch_size(request: Request) -> int:
    options = request.headers.get("Sforce-Query-Options", "")
    match = re.search(r"batchSize\s*=\s*(\d+)", options)
    return min(MAX_BATCH, max(LEAST_BATCH, int(match[1]))) if match else MAX_BATCH


def _shown(root: str, kind: str, record: Record, fields: Iterable[str]) -> Record:
    attributes = {"type": kind, "url": f"{root}/sobjects/{kind}/{record['Id']}"}
    return {"attributes": attributes, **{name: record.get(name) for name in fields}}


VENDOR = Salesforce
