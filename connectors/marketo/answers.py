"""What Marketo's answers mean: it says 200 and puts its refusals into the envelope."""

from __future__ import annotations

import httpx
import msgspec

from connectors.core.http import Action
from connectors.core.pages import Envelope
from warehouse.errors import Misconfigured, Refused, Unavailable

# NOTES.md 2: time-out, too fast, unavailable, system error, subscription away, too many at once,
# transient. A token that is refused even when new (602) was at its end: the next one is not.
_PASSING = {"502", "602", "604", "606", "608", "611", "614", "615", "713"}
# Of these nothing has been done: a token at its end, too fast, too many at once, too many imports.
_UNTAKEN = {"602", "606", "615", "1016"}
_NO_ENTRY = {"600", "601"}
_DAILY_QUOTA, _DENIED = "607", "603"


class _Error(msgspec.Struct):
    code: str | int = ""
    message: str = ""


class _Answer(msgspec.Struct):
    success: bool | None = None
    errors: list[_Error] | None = None


_DECODER = msgspec.json.Decoder(_Answer)


def _errors(response: httpx.Response) -> list[_Error]:
    if "json" not in response.headers.get("Content-Type", ""):
        return []
    try:
        answer = _DECODER.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
    return [] if answer.success is not False else answer.errors or [_Error()]


def error_codes(response: httpx.Response) -> list[str]:
    """The codes of a refusal; none where the answer is no refusal."""
    return [str(error.code) for error in _errors(response)]


def classify(response: httpx.Response) -> Action | None:
    """What to do about an answer.

    Raises:
        Misconfigured: the API user lacks a right.
        Unavailable: the day's calls are used up.
    """
    errors = _errors(response) if response.is_success else []
    if not errors:
        return None
    codes = {str(error.code) for error in errors}
    if _DENIED in codes:
        raise Misconfigured(
            f"marketo does not allow {response.request.method} {response.request.url.path}",
            advice="give the API user's role the right to read leads, activities and assets;"
            " or let this address in, if the subscription keeps a list of those it lets in",
        )
    if _DAILY_QUOTA in codes:
        raise Unavailable(
            "marketo's daily quota of calls is used up, by all its integrations together",
            advice="it is whole again at midnight US Central; the next run then goes on",
        )
    if codes <= _UNTAKEN:
        return "wait"
    if codes & _PASSING:
        return "retry"
    return "authorise" if codes & _NO_ENTRY else "refuse"


def is_refusal(error: Refused, code: str, words: str = "") -> bool:
    """Whether a refusal has this code, and these words in its message."""
    try:
        errors = _DECODER.decode(error.body.encode()).errors or []
    except msgspec.DecodeError:
        return False
    return any(str(one.code) == code and words in one.message.lower() for one in errors)


def results(envelope: Envelope) -> list[msgspec.Raw]:
    """The records of an answer. Marketo leaves the list out where there are none.

    Raises:
        Unavailable: the answer does not say that it is a success.
    """
    if envelope.value("success") is not True:
        raise Unavailable("marketo gave an answer that says neither success nor failure: stopped")
    return [] if envelope.value("result") is None else envelope.records("result")
