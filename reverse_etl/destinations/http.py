"""Writes to HTTP endpoints that documents describe, in `reverse_etl/http`."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Generator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, cast
from urllib.parse import quote

import httpx
from pydantic import HttpUrl, SecretStr
from pydantic_settings import SettingsConfigDict

from connectors.core.auth import BearerAuth
from connectors.core.http import Action
from connectors.core.pace import Budget
from connectors.core.pages import BadPage
from connectors.core.settings import VendorSettings
from connectors.core.source import HttpSource
from reverse_etl.destinations.base import Destination, Fields, Row, RowOutcome
from reverse_etl.endpoint import (
    ENDPOINTS,
    Answer,
    Asking,
    Body,
    Endpoint,
    Told,
    endpoints,
    inside,
    put,
)
from warehouse.deliveries import MADE_ONCE, ErrorClass, Operation
from warehouse.errors import Misconfigured, Refused

# What a record that nobody can read is taken to hold, where it may have arrived.
_ASSUMED = object()
_ABSENT = {httpx.codes.NOT_FOUND, httpx.codes.GONE}


class HttpRecords(Destination):
    """What one document says, carried out. Each document is a class of its own."""

    nests = frozenset({"object", "array"})
    endpoint: ClassVar[Endpoint]

    def faults(self, fields: Sequence[str]) -> list[str]:
        """Fields that the document does not name, and a key without a place; no request."""
        known, name = self.endpoint.fields, self.endpoint.name
        unknown = [f"{name} takes no {one!r}" for one in fields if known and one not in known]
        places = [write.body.key for write in self.endpoint.write.values() if write.body]
        if self._identifier is None and None in places:
            unknown.append(f"{name} needs identify_by.field: what a record calls its key")
        return unknown

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:
        write = self.endpoint.write[operation]
        answer = self._client.send(
            write.method,
            self._path(write.path, rows[0].key),
            _body_of,
            json=self._body(operation, rows),
            headers=self._named(operation, rows),
            is_repeatable=self.endpoint.is_repeatable(operation),
        )
        return _outcomes(write.answer, answer, rows, self.endpoint.transient)

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        asking = self.endpoint.read
        if asking is None:
            # Where nobody can look, the document has decided what is done with a doubt.
            assumes = self.endpoint.doubt == "at_most_once"
            return {key: dict.fromkeys(fields, _ASSUMED) for key in keys} if assumes else {}
        if asking.keys is None:
            return {key: held for key in keys if (held := self._one(asking, key)) is not None}
        params = {asking.keys: _joined(keys)} if asking.method == "GET" else None
        body: dict[str, Any] = {}
        if params is None:
            put(body, asking.keys, list(keys))
        answer = self._client.send(
            asking.method, self._path(asking.path), _body_of, params=params, json=body or None
        )
        found = inside(answer, asking.at)
        if not isinstance(found, list):
            raise BadPage(f"The answer to {asking.method} {asking.path} holds no list of records")
        held = {str(inside(one, asking.key)): inside(one, asking.fields) for one in found}
        return {key: held[key] for key in keys if isinstance(held.get(key), dict)}

    def holds(self, held: object, wish: object) -> bool:
        if held is _ASSUMED:
            return True
        if isinstance(held, bool) or isinstance(wish, bool):
            return held is wish
        if isinstance(held, int | float) and isinstance(wish, int | float):
            return Decimal(str(held)) == Decimal(str(wish))
        return type(held) is type(wish) and held == wish

    def _one(self, asking: Asking, key: str) -> Fields | None:
        try:
            answer = self._client.send(asking.method, self._path(asking.path, key), _body_of)
        except Refused as refusal:
            if refusal.status in _ABSENT:
                return None
            raise
        found = inside(inside(answer, asking.at), asking.fields)
        if not isinstance(found, dict):
            raise BadPage(f"The answer to {asking.method} {asking.path} holds no record")
        return found

    def _path(self, template: str, key: str = "") -> str:
        # The object may be several steps of a path; a key is always one.
        return template.format(object=quote(self._object), key=quote(key, safe=""))

    def _body(self, operation: Operation, rows: Sequence[Row]) -> Any:
        shape = self.endpoint.write[operation].body
        if shape is None:
            return None
        records = [self._record(shape, operation, row) for row in rows]
        sent = records if shape.shape == "array" else records[0]
        if shape.under is None and not shape.constants:
            return sent
        body: dict[str, Any] = dict(shape.constants)
        if shape.under is not None:
            put(body, shape.under, sent)
        elif isinstance(sent, dict):
            body |= sent
        return body

    def _record(self, shape: Body, operation: Operation, row: Row) -> dict[str, Any]:
        record: dict[str, Any] = {}
        if shape.fields is None:
            record |= row.fields
        else:
            put(record, shape.fields, dict(row.fields))
        put(record, shape.key or str(self._identifier), row.key)
        if self.endpoint.idempotency and self.endpoint.idempotency.field:
            put(record, self.endpoint.idempotency.field, self._name(operation, row))
        return record

    def _named(self, operation: Operation, rows: Sequence[Row]) -> dict[str, str] | None:
        header = self.endpoint.idempotency.header if self.endpoint.idempotency else None
        return None if header is None else {header: self._name(operation, rows[0])}

    def _name(self, operation: Operation, row: Row) -> str:
        """What names the writing of one record: the same after a kill, if it is made only once.

        What is written again and again has a name for each time: an older value may come back.
        """
        parts = [self.endpoint.name, self._object, operation, row.key]
        if operation not in MADE_ONCE:
            parts.append(row.trace)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _body_of(response: httpx.Response) -> Any:
    """The answer as JSON, None if it has no body.

    Raises:
        BadPage: it is something else: a gateway's page says nothing of what was done.
    """
    if not response.content.strip():
        return None
    try:
        return json.loads(response.content)
    except ValueError as error:
        raise BadPage(f"The answer is not JSON: {error}") from error


def _joined(keys: Sequence[str]) -> str:
    with_comma = next((key for key in keys if "," in key), None)
    if with_comma is not None:
        raise Misconfigured(
            f"the key {with_comma!r} holds a comma, and cannot stand among others in an address",
            advice="let the document read by POST, or with {key} in the path",
        )
    return ",".join(keys)


def _outcomes(
    answer: Answer, said: Any, rows: Sequence[Row], transient: Sequence[str | int]
) -> list[RowOutcome]:
    """The answer by row: what is named twice, or not at all, is left out."""
    no = _spoken(answer.rejected, said, rows, transient, is_no=True) if answer.rejected else {}
    if answer.results is not None:
        yes = _spoken(answer.results, said, rows, transient)
        return [*no.values(), *(one for trace, one in yes.items() if trace not in no)]
    if answer.sign is not None and not inside(said, answer.sign):
        return list(no.values())
    others = [row for row in rows if row.trace not in no]
    return [*no.values(), *(RowOutcome(row.trace, "acknowledged") for row in others)]


def _spoken(
    told: Told,
    said: Any,
    rows: Sequence[Row],
    transient: Sequence[str | int],
    *,
    is_no: bool = False,
) -> dict[str, RowOutcome]:
    found = inside(said, told.at)
    elements: list[Any] = found if isinstance(found, list) else []
    if told.named_by == "place" and len(elements) != len(rows):
        # Nobody can say which of them are missing.
        return {}
    named = [(_named_row(told, one, place, rows), one) for place, one in enumerate(elements)]
    times = Counter(row.trace for row, _ in named if row is not None)
    ids = Counter(str(inside(one, told.id)) for _, one in named if told.id)
    return {
        row.trace: _outcome(told, row, one, transient, is_no=is_no)
        for row, one in named
        if row is not None
        and times[row.trace] == 1
        and not (told.id and _is_doubled(inside(one, told.id), ids))
    }


def _named_row(told: Told, element: Any, place: int, rows: Sequence[Row]) -> Row | None:
    if told.named_by == "place":
        return rows[place]
    name = inside(element, told.name)
    if told.named_by == "key":
        return next((row for row in rows if row.key == str(name)), None)
    is_number = isinstance(name, int) and not isinstance(name, bool)
    return rows[name] if is_number and 0 <= name < len(rows) else None


def _is_doubled(tool_id: Any, ids: Counter[str]) -> bool:
    """One id for two records: one of them at most has been written."""
    return tool_id is not None and ids[str(tool_id)] > 1


def _outcome(
    told: Told, row: Row, element: Any, transient: Sequence[str | int], *, is_no: bool
) -> RowOutcome:
    error = inside(element, told.error) if told.error else None
    status = inside(element, told.status) if told.status else None
    if not is_no and error in (None, "", [], {}, False) and (not told.ok or status in told.ok):
        tool_id = inside(element, told.id) if told.id else None
        return RowOutcome(row.trace, "acknowledged", None if tool_id is None else str(tool_id))
    reason = ": ".join(_shown(one) for one in (status, error) if one not in (None, ""))
    passing: ErrorClass = "transient" if status in transient or error in transient else "permanent"
    return RowOutcome(
        row.trace, "rejected", reason=reason or json.dumps(element)[:200], error=passing
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class _HeaderAuth(httpx.Auth):
    """A secret in a header of the endpoint's own."""

    def __init__(self, name: str, value: str) -> None:
        self._name, self._value = name, value

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers[self._name] = self._value
        yield request


def _settings_of(one: Endpoint) -> type[VendorSettings]:
    needed = {"none": (), "basic": ("username", "password")}.get(one.auth, ("token",))
    namespace: dict[str, Any] = {
        "__annotations__": {"base_url": HttpUrl, **dict.fromkeys(needed, SecretStr)},
        "__module__": __name__,
        "model_config": SettingsConfigDict(
            env_prefix=f"REVOPS_{one.name.upper()}__", env_file=".env", extra="ignore"
        ),
    }
    if one.base_url is not None:
        namespace["base_url"] = one.base_url
    return cast("type[VendorSettings]", type(f"{one.name}_settings", (VendorSettings,), namespace))


def _authorise(one: Endpoint, given: Any) -> httpx.Auth:
    if one.auth == "none":
        return httpx.Auth()
    if one.auth == "basic":
        return httpx.BasicAuth(given.username.get_secret_value(), given.password.get_secret_value())
    token = given.token.get_secret_value()
    return BearerAuth(token) if one.auth == "bearer" else _HeaderAuth(str(one.auth_header), token)


def account_of(one: Endpoint) -> HttpSource:
    """The account of an endpoint."""

    def classify(response: httpx.Response) -> Action | None:
        return one.statuses.get(response.status_code)

    return HttpSource(
        name=one.name,
        title=one.title,
        settings=_settings_of(one),
        authorise=lambda given: _authorise(one, given),
        budget=Budget(requests=one.rate.requests, seconds=one.rate.seconds),
        headers=one.headers,
        classify=classify,
        scopes=f"what it needs is told by whoever runs {one.title}",
        streams=(),
    )


def kind_of(one: Endpoint) -> type[HttpRecords]:
    """The destination of an endpoint."""
    said = {
        "__doc__": one.description,
        "__module__": __name__,
        "endpoint": one,
        "batch_size": one.batch_size,
        "operations": frozenset(one.write),
        "is_readable": one.is_readable,
    }
    return type(one.name, (HttpRecords,), said)


def declared(folder: Path = ENDPOINTS) -> dict[str, tuple[HttpSource, type[Destination]]]:
    """Account and destination of every document, by its name.

    Raises:
        Misconfigured: a document is wrong.
    """
    return {name: (account_of(one), kind_of(one)) for name, one in endpoints(folder).items()}
