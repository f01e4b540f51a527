"""Intercom's error answers: a list of codes, under a request id."""

from uuid import NAMESPACE_URL, uuid5

from sandbox.vendor import Refused


def refusal(status: int, code: str, message: str) -> Refused:
    request_id = str(uuid5(NAMESPACE_URL, f"{status}/{code}"))
    errors = [{"code": code, "message": message}]
    return Refused(status, {"type": "error.list", "request_id": request_id, "errors": errors})


def invalid(code: str, message: str) -> Refused:
    return refusal(400, code, message)


def not_found(code: str = "not_found", message: str = "Resource Not Found") -> Refused:
    return refusal(404, code, message)
