"""Refusals in Stripe's error body."""

from sandbox.vendor import Refused


def refusal(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    kind: str = "invalid_request_error",
    headers: dict[str, str] | None = None,
) -> Refused:
    told = {"code": code, "message": message, "param": param, "type": kind}
    error = {name: value for name, value in told.items() if value is not None}
    return Refused(status, {"error": error}, headers or {})


def missing(noun: str, record_id: str, *, param: str = "id", status: int = 404) -> Refused:
    """Nothing of that id; 400 where it was named by a parameter other than the path."""
    return refusal(status, f"No such {noun}: '{record_id}'", code="resource_missing", param=param)


def unknown_parameter(name: str) -> Refused:
    return refusal(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def invalid(message: str, param: str) -> Refused:
    return refusal(400, message, param=param)
