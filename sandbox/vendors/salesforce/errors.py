"""Salesforce's error bodies: a list for the data API, an object for the token endpoint."""

from typing import Any

from sandbox.vendor import Refused


def refusal(status: int, code: str, message: str, **more: Any) -> Refused:
    """A refusal in Salesforce's error body, which is a list."""
    return Refused(status, [{"message": message, "errorCode": code, **more}])


def token_refusal(error: str, description: str) -> Refused:
    return Refused(400, {"error": error, "error_description": description})


def not_found() -> Refused:
    return refusal(404, "NOT_FOUND", "The requested resource does not exist")
