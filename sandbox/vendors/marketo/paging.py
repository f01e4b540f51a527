"""Pages of the activity log: an opaque token is a place in it, and a page may be short."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from sandbox.instants import parse_instant, zendesk_instant
from sandbox.store import Record
from sandbox.vendors.marketo.errors import refusal, success

MAX_BATCH = 300

Place = tuple[str, int]
# The log in order: when, which, and the line itself.
Log = list[tuple[str, int, Record]]


def token_since(text: str) -> str:
    try:
        at = parse_instant(text)
    except ValueError as error:
        raise refusal(1001, f"Invalid value '{text}'. Required of type 'datetime'") from error
    return encoded((zendesk_instant(at), -1))


def encoded(place: Place, sign: str = "") -> str:
    return base64.b32encode(f"{place[0]}|{sign}{place[1]}".encode()).decode()


def another(token: str) -> str:
    """Another token of the same place."""
    place = decoded(token)
    return encoded(place, "+" if token == encoded(place) else "")


def decoded(token: str) -> Place:
    try:
        at, _, number = base64.b32decode(token).decode().partition("|")
        return at, int(number.removeprefix("+"))
    except (binascii.Error, ValueError) as error:
        raise refusal(1003, "Invalid nextPageToken") from error


def page(request: Request, log: Log, show: Callable[[Record], Record | None]) -> Response:
    """The next lines of the log that `show` lets through: few or none, and yet more to come."""
    token = request.args.get("nextPageToken", "")
    if not token:
        raise refusal(701, "nextPageToken cannot be blank")
    size = min(int(request.args.get("batchSize", MAX_BATCH)), MAX_BATCH)
    place = decoded(token)
    first = bisect_right(log, place, key=lambda line: (line[0], line[1]))
    scanned = log[first : first + size]
    if scanned:
        place = scanned[-1][0], scanned[-1][1]
    shown = [row for _, _, line in scanned if (row := show(line)) is not None]
    more = first + size < len(log)
    return success(shown, nextPageToken=encoded(place), moreResult=more)


def numbers(request: Request, name: str) -> set[int]:
    """The numbers of a parameter that is a list, by commas or repeated."""
    text = ",".join(request.args.getlist(name))
    try:
        return {int(one) for one in text.split(",") if one}
    except ValueError as error:
        raise refusal(1001, f"Invalid value '{text}'. Required of type 'Integer'") from error
