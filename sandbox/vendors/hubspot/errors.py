"""Refusals in HubSpot's error body."""

from typing import Any
from uuid import uuid4

from sandbox.vendor import Refused


def refusal(status: int, category: str, message: str, **more: Any) -> Refused:
    """An error answer; `more` are further members such as `errors` or `context`."""
    body = {
        "status": "error",
        "message": message,
        "correlationId": str(uuid4()),
        "category": category,
        **more,
    }
    return Refused(status, body)


def invalid(message: str, *errors: dict[str, Any]) -> Refused:
    more = {"errors": list(errors)} if errors else {}
    return refusal(400, "VALIDATION_ERROR", message, **more)


def not_found(what: str) -> Refused:
    return refusal(404, "OBJECT_NOT_FOUND", f"{what} was not found")


def missing_scope(scope: str) -> Refused:
    detail = {
        "message": "The token lacks one of these scopes.",
        "context": {"requiredGranularScopes": [scope]},
    }
    return refusal(403, "MISSING_SCOPES", "The app lacks a scope for this call.", errors=[detail])


def rate_limited(policy: str, retry_after: float | None = None) -> Refused:
    """HubSpot's 429; its policy names are DAILY, SECONDLY and TEN_SECONDLY_ROLLING."""
    correlation_id = str(uuid4())
    body = {
        "status": "error",
        "message": f"You have reached your {policy.lower()} limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": correlation_id,
        "policyName": policy,
        "requestId": correlation_id,
    }
    headers = {"Retry-After": f"{retry_after:g}"} if retry_after is not None else {}
    return Refused(429, body, headers)
