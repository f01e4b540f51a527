"""Google Ads' REST API: OAuth tokens, searches in its query language, uploads; Data Manager."""

import base64
import binascii
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.instants import parse_instant, zendesk_instant
from sandbox.store import Record, Table
from sandbox.throttle import Throttle
from sandbox.vendor import Handler, Refused, Setting, Vendor, json_response
from sandbox.vendors.google_ads.audiences import Audiences, Invalid
from sandbox.vendors.google_ads.conversions import MOST, Uploader
from sandbox.vendors.google_ads.gaql import BadQuery, parse, shaped
from sandbox.vendors.google_ads.records import FIELDS

_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
MAX_PAGE = 10_000
LIFETIME = timedelta(hours=1)
_FAILURE = "type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure"
_KINDS = {
    "customer": "customers",
    "conversion_action": "conversion_actions",
    "user_list": "user_lists",
}
# Data Manager is an API of its own: no developer token opens it, and no manager is named.
_DATA_MANAGER = ("/v1/audienceMembers:", "/v1/requestStatus:")


def refusal(status: int, word: str, message: str, errors: list[Record] | None = None) -> Refused:
    """Google's error body; `errors` are the details of the Ads API itself."""
    failure = {"@type": _FAILURE, "errors": errors, "requestId": "sandbox"}
    details = [failure] if errors else []
    return Refused(
        status, {"error": {"code": status, "message": message, "status": word, "details": details}}
    )


def invalid(place: str, reason: str) -> Refused:
    """Data Manager's refusal of a whole request for one thing in it."""
    violation = {"field": place, "description": f"{reason}.", "reason": reason}
    detail = {"@type": _BAD_REQUEST, "fieldViolations": [violation]}
    message = "There was a problem with the request."
    error = {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [detail]}
    return Refused(400, {"error": error})


class GoogleAds(Vendor):
    """One advertising account below a manager account."""

    name = "google_ads"
    fragile = "metrics.clicks"
    kinds = (
        *("customers", "campaigns", "campaign_stats", "conversion_actions", "conversions"),
        *("user_lists", "audience_members"),
    )
    mishaps = ("long_quota",)

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._daily = Throttle(self.limits.get("per_day", 15_000), timedelta(days=1))
        self._tokens: dict[str, datetime] = {}
        self._issued = 0
        self.audiences = Audiences(
            self.tables["user_lists"], self.tables["audience_members"], self.clock.now, self.commit
        )

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        path = "/<version>/customers/<customer>/googleAds:search"
        return (
            ("POST", "/token", self.issue_token),
            ("POST", path, self.search),
            ("POST", "/<version>/customers/<customer>:uploadClickConversions", self.upload),
            ("POST", "/v1/audienceMembers:<action>", self.take_members),
            ("GET", "/v1/requestStatus:retrieve", self.show_request),
            ("GET", "/<version>/customers:listAccessibleCustomers", self.list_customers),
        )

    def make_table(self, kind: str) -> Table:  # noqa: ARG002  # alike for all
        return Table(lambda record: str(record["id"]), numeric=False)

    # -- manners ---------------------------------------------------------------------------

    def admit(self, request: Request) -> None:
        if request.path.endswith("/token"):
            return
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        now = self.clock.now()
        if self._tokens.get(token, now) <= now:
            raise refusal(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        if any(one in request.path for one in _DATA_MANAGER):
            return
        if request.headers.get("developer-token") != self.credentials["developer_token"]:
            code = {"authenticationError": "DEVELOPER_TOKEN_INVALID"}
            raise _ads_refusal(401, "UNAUTHENTICATED", code, "The developer token is not valid.")
        if request.headers.get("login-customer-id") != self.credentials["login_customer_id"]:
            code = {"authorizationError": "USER_PERMISSION_DENIED"}
            message = "User doesn't have permission to access customer."
            raise _ads_refusal(403, "PERMISSION_DENIED", code, message)
        if not self._daily.admit(now):
            raise self._quota(900)

    def issue_token(self, request: Request) -> Response:
        wanted = {name: self.credentials[name] for name in ("client_id", "client_secret")}
        if any(request.form.get(name) != value for name, value in wanted.items()):
            raise Refused(401, {"error": "invalid_client", "error_description": "Unauthorized"})
        if request.form.get("refresh_token") != self.credentials["refresh_token"]:
            raise Refused(400, {"error": "invalid_grant", "error_description": "Bad Request"})
        self._issued += 1
        token = f"ya29.sandbox-{self._issued:04d}-{self.credentials['client_id'][:8]}"
        self._tokens[token] = self.clock.now() + LIFETIME
        body = {"access_token": token, "expires_in": 3_599, "token_type": "Bearer"}
        return json_response({**body, "scope": "https://www.googleapis.com/auth/adwords"})

    def issued_tokens(self) -> set[str]:
        return set(self._tokens)

    def expire_tokens(self) -> None:
        self._tokens = dict.fromkeys(self._tokens, self.clock.now())

    def _quota(self, seconds: float) -> Refused:
        details = {"rateScope": "DEVELOPER", "rateName": "Number of operations"}
        delay = {"quotaErrorDetails": {**details, "retryDelay": f"{seconds:g}s"}}
        error = {
            "errorCode": {"quotaError": "RESOURCE_EXHAUSTED"},
            "message": "Too many requests.",
            "details": delay,
        }
        return refusal(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted.", [error])

    def throttled(self, retry_after: float | None) -> Refused:
        return self._quota(5 if retry_after is None else retry_after)

    def broken(self) -> Refused:
        return refusal(500, "INTERNAL", "Internal error encountered.")

    def unknown_path(self, request: Request) -> Refused:  # noqa: ARG002  # alike for all
        return refusal(404, "NOT_FOUND", "Requested entity was not found.")

    def mishap(self, kind: str, request: Request) -> Response | None:  # noqa: ARG002  # only one
        return self._quota(3_600).response()

    def modified_at(self, kind: str, record: Record) -> datetime:  # noqa: ARG002  # one field
        return parse_instant(record["restatedAt"])

    def stamped(self, kind: str, record: Record, at: datetime, *, new: bool) -> Record:  # noqa: ARG002
        return {**record, "restatedAt": zendesk_instant(at)}

    def deleted(self, kind: str, record: Record, at: datetime) -> Record:
        """A campaign is removed and stays; figures that are gone are shown no more."""
        whole = self.stamped(kind, record, at, new=False)
        if kind == "campaigns":
            return {**whole, "campaign": {**record["campaign"], "status": "REMOVED"}}
        return {**whole, "isDeleted": True}

    # -- what is asked ---------------------------------------------------------------------

    def list_customers(self, request: Request, version: str) -> Response:  # noqa: ARG002
        names = [one["customer"]["resourceName"] for one in self.tables["customers"]]
        return json_response({"resourceNames": names})

    def search(self, request: Request, version: str, customer: str) -> Response:  # noqa: ARG002
        body = request.get_json(silent=True) or {}
        try:
            query = parse(str(body.get("query", "")), FIELDS)
        except BadQuery as error:
            code = {"queryError": error.code}
            raise _ads_refusal(400, "INVALID_ARGUMENT", code, str(error)) from error
        rows = query.rows(self._records(query.resource, query.fields, customer))
        start = _place(body.get("pageToken"))
        more = start + MAX_PAGE < len(rows)
        answer: dict[str, Any] = {"fieldMask": ",".join(query.fields)}
        if page := rows[start : start + MAX_PAGE]:
            # A list without elements is left out, as everywhere in Google's JSON.
            answer = {"results": [shaped(one, query.fields) for one in page], **answer}
        return json_response({**answer, **({"nextPageToken": _token(start)} if more else {})})

    def upload(self, request: Request, version: str, customer: str) -> Response:  # noqa: ARG002
        body = request.get_json(silent=True) or {}
        rows = body.get("conversions") or []
        if not body.get("partialFailure"):
            code = {"conversionUploadError": "PARTIAL_FAILURE_MODE_REQUIRED"}
            raise _ads_refusal(400, "INVALID_ARGUMENT", code, "Partial failure mode is required.")
        if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
            code = {"requestError": "INVALID_INPUT"}
            raise _ads_refusal(400, "INVALID_ARGUMENT", code, "Invalid JSON payload received.")
        if not 1 <= len(rows) <= MOST:
            code = {"conversionUploadError": "TOO_MANY_CONVERSIONS_IN_REQUEST"}
            raise _ads_refusal(400, "INVALID_ARGUMENT", code, f"One to {MOST} conversions.")
        actions, held = self.tables["conversion_actions"], self.tables["conversions"]
        uploader = Uploader(actions, held, customer, self.clock.now())
        told = uploader.upload(rows)
        self.commit([("conversions", one) for one in uploader.made])
        return json_response(told)

    def take_members(self, request: Request, action: str) -> Response:
        if action not in {"ingest", "remove"}:
            raise refusal(404, "NOT_FOUND", "Requested entity was not found.")
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise invalid("", "Invalid JSON payload received")
        try:
            return json_response(self.audiences.take(action, body))
        except Invalid as error:
            raise invalid(error.place, error.reason) from error

    def show_request(self, request: Request) -> Response:
        told = self.audiences.status(request.args.get("requestId", ""))
        if told is None:
            raise refusal(404, "NOT_FOUND", "Requested entity was not found.")
        return json_response(told)

    def _records(self, resource: str, fields: Iterable[str], customer: str) -> list[Record]:
        is_daily = any(field.startswith(("metrics.", "segments.")) for field in fields)
        kind = "campaign_stats" if is_daily else _KINDS.get(resource, "campaigns")
        return [
            one
            for one in self.tables[kind]
            if one["customer"]["id"] == customer and not one.get("isDeleted")
        ]


def _ads_refusal(status: int, word: str, code: Record, message: str) -> Refused:
    return refusal(status, word, message, [{"errorCode": code, "message": message}])


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(f"at {start + MAX_PAGE}".encode()).decode()


def _place(token: object) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(str(token)).decode().removeprefix("at "))
    except (binascii.Error, ValueError) as error:
        code = {"requestError": "INVALID_PAGE_TOKEN"}
        raise _ads_refusal(400, "INVALID_ARGUMENT", code, "Page token is invalid.") from error


VENDOR = GoogleAds
