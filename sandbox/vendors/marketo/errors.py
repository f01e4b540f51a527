"""Marketo's answers: a 200 with an envelope, whether it worked or not."""

from itertools import count
from typing import Any

from werkzeug.wrappers import Response

from sandbox.vendor import Refused, json_response

# What faults make it say: fault -> code and message.
REFUSALS = {
    "token_invalid": (601, "Access token invalid"),
    "token_expired": (602, "Access token expired"),
    "access_denied": (603, "Access denied"),
    "rate": (606, "Max rate limit '100' exceeded with in '20' secs"),
    "daily_quota": (607, "Daily quota reached"),
    "temporary": (608, "API Temporarily Unavailable"),
    "system_error": (611, "System error"),
    "concurrency": (615, "Concurrent access limit reached"),
    "queue_full": (1029, "Too many jobs (10) in queue"),
    "export_quota": (1029, "Export daily quota 500MB exceeded."),
    "filter_unsupported": (1035, "Unsupported filter type for target subscription: updatedAt"),
    "stale_token": (1003, "Invalid nextPageToken"),
}
_NUMBERS = count(1)


def _request_id() -> str:
    return f"{next(_NUMBERS):04x}#14272d07d78"


def refusal(code: int, message: str) -> Refused:
    """What Marketo says when it does not do what was asked: the status is 200 all the same."""
    errors = [{"code": str(code), "message": message}]
    return Refused(200, {"requestId": _request_id(), "success": False, "errors": errors})


def success(result: list[Any] | None, **more: Any) -> Response:
    body = {"requestId": _request_id(), "success": True, "errors": [], "warnings": [], **more}
    return json_response(body if result is None else {**body, "result": result})


def nothing_found() -> Response:
    """The asset API's answer to an id that is not there: a success without a result."""
    warning = "No assets found for the given search criteria."
    body = {"requestId": _request_id(), "success": True, "errors": [], "warnings": [warning]}
    return json_response(body)
