"""Reads an object: a window of time, by pages of REST or by a query job, resumable at each page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from connectors.core.http import ToolClient
from connectors.core.pages import Envelope
from connectors.core.source import Count, Ids, Page, Read, Reading
from connectors.salesforce import bulk, soql
from connectors.salesforce.fields import API, Shape, SObjectStream, describe
from warehouse.errors import Refused, Unavailable

# From so many rows on a query job costs fewer requests than pages of 2,000, and no time-outs.
BULK_FROM = 20_000
# A longer query does not fit into an address; a job takes it in its body.
LONGEST_ADDRESS = 12_000
# NOTES.md 2: a transaction commits later than the stamp that its rows carry.
LOOK_BACK = timedelta(minutes=15)
# NOTES.md 5: what formulas say is only found by reading everything again.
FORMULAS_EVERY = timedelta(days=7)
JOB_ATTEMPTS = 3

State = dict[str, Any]


def read_object(of: SObjectStream) -> Read:
    """Read what changed since the cursor; everything when other fields are asked for than then."""

    def read(reading: Reading) -> Iterator[Page]:
        shape = describe(reading.client, of)
        if shape is None:
            reading.say(f"this org has no {of.sobject}: passed over")
            return
        state = _begun(reading, shape)
        is_resumed = "until" in state
        for page in _window(reading, shape, state):
            yield page
            state = dict(page.cursor)
        if is_resumed:
            # That window ended when the interrupted run began: read on to the present.
            yield from _window(reading, shape, state)

    return read


def read_snapshot(of: SObjectStream) -> Read:
    """Read a small object whole; an interrupted reading begins again."""

    def read(reading: Reading) -> Iterator[Page]:
        shape = describe(reading.client, of)
        if shape is None:
            reading.say(f"this org has no {of.sobject}: passed over")
            return
        for page in _window(reading, shape, {"fields": shape.digest}):
            yield Page(page.records, {})

    return read


def count_live(of: SObjectStream) -> Count:
    """Archived activities count, as they are landed; `query` alone would leave them out."""
    query = soql.live_count_query(of.sobject, has_deleted=of.has_deleted)

    def count(client: ToolClient) -> int | None:
        try:
            # The same resource; by its slash counting is told from reading, in logs and faults.
            return int(client.get(f"{API}/queryAll/", {"q": query}).value("totalSize"))
        except Refused as error:
            if of.is_optional and "INVALID_TYPE" in error.body:
                return None
            raise

    return count


def live_ids(of: SObjectStream) -> Ids:
    """Every live id, in ascending order."""

    def ids(reading: Reading) -> Iterator[list[str]]:
        client, after = reading.client, ""
        following: Envelope | None = None
        while True:
            query = soql.ids_query(of.sobject, after, has_deleted=of.has_deleted)
            envelope = following or _query_all(client, query)
            rows = [soql.id_of(record) for record in envelope.records("records")]
            yield rows
            locator = envelope.value("nextRecordsUrl")
            if locator is None:
                return
            after = rows[-1]
            following = _at_locator(client, locator)

    return ids


def _begun(reading: Reading, shape: Shape) -> State:
    """The state to go on from, or an empty one where everything has to be read again."""
    state = dict(reading.cursor or {})
    if state and state.get("fields") != shape.digest:
        reading.say(f"other fields of {shape.sobject} can be read than before: all is read again")
        return {"fields": shape.digest}
    if shape.has_formulas and "until" not in state and "whole_at" in state:
        since = datetime.fromisoformat(state["whole_at"])
        if _now_at_source(reading.client) - since >= FORMULAS_EVERY:
            reading.say(f"{shape.sobject} has formulas, which move no stamp: all is read again")
            return {"fields": shape.digest}
    return state | {"fields": shape.digest}


def _window(reading: Reading, shape: Shape, state: State) -> Iterator[Page]:
    if "until" not in state:
        state = state | {"until": _now_at_source(reading.client).isoformat()}
    first = None if "job" in state else _first_page(reading.client, shape, state)
    # `totalSize` is what COUNT() would say, without a request of its own.
    if first is None or first.value("totalSize", 0) >= BULK_FROM:
        yield from _by_job(reading, shape, state)
    else:
        yield from _by_pages(reading, shape, state, first)


def _first_page(client: ToolClient, shape: Shape, state: State) -> Envelope | None:
    """The first page of the window, or None where only a job can ask for it."""
    query = soql.rows_query(shape, state)
    if len(quote(query)) > LONGEST_ADDRESS:
        return None
    try:
        return _query_all(client, query)
    except Refused as error:
        if "QUERY_TIMEOUT" in error.body:
            return None
        raise


def _by_pages(
    reading: Reading, shape: Shape, state: State, following: Envelope | None
) -> Iterator[Page]:
    client = reading.client
    while True:
        envelope = following or _query_all(client, soql.rows_query(shape, state))
        records = envelope.records("records")
        locator = envelope.value("nextRecordsUrl")
        if locator is None:
            yield Page(records, _ended(state))
            return
        reached = soql.position(records, shape.stamp)
        state = state | reached
        yield Page(records, dict(state))
        following = _at_locator(client, locator)
        if following is None and not reached:
            raise Unavailable(
                f"salesforce gave a page of {shape.sobject} without one whole record, and lost"
                " the place behind it: stopped"
            )


def _at_locator(client: ToolClient, locator: str) -> Envelope | None:
    """The page at a locator, or None when the locator is spent and the walk resumes by keyset.

    A locator dies of age, of too many others, and of a page that was given once and got lost on
    its way; what is said of that differs and may itself arrive torn.
    """
    try:
        return client.get(locator)
    except Refused as error:
        if error.status in {400, 404}:
            return None
        raise


def _by_job(reading: Reading, shape: Shape, state: State) -> Iterator[Page]:
    client, attempts = reading.client, 0
    while True:
        if "job" not in state:
            attempts += 1
            job = _created(reading, shape, state)
            if job is None:
                yield from _by_pages(reading, shape, state, None)
                return
            state = state | {"job": job}
            yield Page([], dict(state))
        try:
            for page in _job_pages(client, shape, state):
                yield page
                state = dict(page.cursor)
        except (bulk.JobLost, bulk.JobFailed) as error:
            if isinstance(error, bulk.JobFailed) and attempts >= JOB_ATTEMPTS:
                yield Page([], _without_job(state))
                raise
            reading.say(f"{error}; a new job reads on behind what is landed")
            state = _without_job(state)
        else:
            return


def _created(reading: Reading, shape: Shape, state: State) -> str | None:
    """A new job for the rest of the window, or None where the object takes none."""
    try:
        return bulk.create_job(reading.client, soql.rows_query(shape, state))
    except Refused as error:
        if error.status != 400:
            raise
        reading.say(f"no query job for {shape.sobject}, read page by page: {error}")
        return None


def _job_pages(client: ToolClient, shape: Shape, state: State) -> Iterator[Page]:
    bulk.wait_for(client, state["job"])
    given = bulk.pages(
        client, state["job"], shape.types, sobject=shape.sobject, locator=state.get("locator")
    )
    for page in given:
        if page.locator is None:
            yield Page(page.records, _ended(state))
            return
        state = state | soql.position(page.records, shape.stamp) | {"locator": page.locator}
        yield Page(page.records, dict(state))


def _without_job(state: State) -> State:
    return {name: value for name, value in state.items() if name not in {"job", "locator"}}


def _ended(state: State) -> State:
    """Where the next reading begins: a look back before the end of this window."""
    overlap = datetime.fromisoformat(state["until"]) - LOOK_BACK
    since = state.get("since")
    begins = max(overlap, datetime.fromisoformat(since)) if since else overlap
    whole_at = state.get("whole_at", state["until"]) if since else state["until"]
    return {"since": begins.isoformat(), "fields": state["fields"], "whole_at": whole_at}


def _query_all(client: ToolClient, query: str) -> Envelope:
    return client.get(f"{API}/queryAll", {"q": query})


def _now_at_source(client: ToolClient) -> datetime:
    # Any answer carries the time; the list of resources needs no right but to use the API.
    client.get(f"{API}/")
    return client.source_time()
