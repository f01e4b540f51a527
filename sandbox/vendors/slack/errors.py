"""Slack's refusals: most of them come with status 200 and `ok` false."""

from typing import Any

from sandbox.vendor import Refused


def no(error: str, **more: Any) -> Refused:
    """A refusal inside a 200, as Slack words it: a code and hardly anything else."""
    return Refused(200, {"ok": False, "error": error, **more})


def slow_down(seconds: float) -> Refused:
    whole = max(1, round(seconds)) if seconds >= 1 else seconds
    return Refused(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": f"{whole:g}"})
