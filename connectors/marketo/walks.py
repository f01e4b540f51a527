"""Two ways to walk: extracts by windows of time, and the log of activities by its tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from connectors.core.http import ToolClient
from connectors.core.source import Page
from connectors.marketo.answers import is_refusal, results
from connectors.marketo.export import Extract, Row, read_extract
from warehouse.errors import Refused, Unavailable

LONGEST_WINDOW = timedelta(days=31)
# NOTES.md 5: what is logged or indexed late is found by the next run.
LOOK_BACK = timedelta(hours=1)
PAGING_TOKEN = "/rest/v1/activities/pagingtoken.json"  # noqa: S105 - a path

State = dict[str, Any]


def instant(at: datetime) -> str:
    """As Marketo's filters want it: whole seconds in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def by_windows(
    client: ToolClient,
    state: State,
    define: Callable[[dict[str, str]], Extract],
    record: Callable[[Row], msgspec.Raw],
) -> Iterator[Page]:
    """Extract from `since` to `until`, window after window; what else is in the state is kept.

    Every window begins with the second with which the one before it ended.
    """
    while state["since"] < state["until"]:
        end = datetime.fromisoformat(state["since"]) + LONGEST_WINDOW
        window = {"startAt": state["since"], "endAt": min(instant(end), state["until"])}
        job = {name: state.pop(name) for name in ("export", "offset") if name in state}
        for rows, goes_on in read_extract(client, define(window), job):
            place = goes_on or {"since": window["endAt"]}
            yield Page([record(row) for row in rows], state | place)
        state = state | {"since": window["endAt"]}


def behind_windows(state: State, began: str) -> State:
    """The state from which the next run looks back, never further than where this one began."""
    overlap = instant(datetime.fromisoformat(state["until"]) - LOOK_BACK)
    kept = {name: value for name, value in state.items() if name not in {"until", "began"}}
    return kept | {"since": max(overlap, began)}


def by_tokens(
    client: ToolClient, path: str, params: Mapping[str, Any], state: State
) -> Iterator[tuple[list[msgspec.Raw], State]]:
    """Walk the log from an instant to the present; a page without records need not be the last.

    Raises:
        Unavailable: the same token was given twice.
    """
    began = state.get("began")
    token = state.get("token") or _token(client, state["from"])
    began = began or instant(client.source_time())
    while True:
        try:
            envelope = client.get(path, {**params, "nextPageToken": token})
        except Refused as error:
            if "token" not in state or not is_refusal(error, "1003", "token"):
                raise
            # A token of an earlier run is not accepted any more: walk from that run's start.
            yield from by_tokens(client, path, params, {"from": state["from"]})
            return
        records, following = results(envelope), envelope.value("nextPageToken")
        if not envelope.value("moreResult", default=False):
            overlap = instant(datetime.fromisoformat(began) - LOOK_BACK)
            yield records, {"from": max(overlap, state["from"])}
            return
        if following in {token, None}:
            raise Unavailable(f"marketo gave the same token twice for {path}: stopped")
        token = following
        yield records, {"from": state["from"], "token": token, "began": began}


def _token(client: ToolClient, since: str) -> str:
    return str(client.get(PAGING_TOKEN, {"sinceDatetime": since}).value("nextPageToken"))
