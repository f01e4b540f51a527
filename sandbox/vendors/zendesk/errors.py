"""Zendesk's refusals in its own bodies."""

from sandbox.vendor import Refused


def refusal(status: int, error: object, description: str | None = None) -> Refused:
    return Refused(
        status, {"error": error, **({"description": description} if description else {})}
    )


def invalid(message: str) -> Refused:
    return refusal(400, {"title": "Invalid attribute", "message": message})


def not_found() -> Refused:
    return refusal(404, "RecordNotFound", "Not found")
