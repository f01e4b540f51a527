"""Writes to HTTP endpoints that documents describe, in `reverse_etl/http`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, cast
from urllib.parse import parse_qs, quote, urlsplit

import httpx
from pydantic import HttpUrl, SecretStr
from pydantic_settings import SettingsConfigDict

from connectors.core.auth import BearerAuth
from connectors.core.http import Action
from connectors.core.pace import Budget
from connectors.core.pages import BadPage
from connectors.core.settings import VendorSettings
from connectors.core.source import HttpSource
from reverse_etl.addresses import joined
from reverse_etl.answers import outcomes
from reverse_etl.destinations.base import Destination, Fields, Row, RowOutcome
from reverse_etl.endpoint import (
    ENDPOINTS,
    Asking,
    Body,
    Endpoint,
    Write,
    endpoints,
    inside,
    put,
)
from warehouse.deliveries import MADE_ONCE, Operation
from warehouse.errors import Misconfigured, Refused

# What a record that nobody can read is taken to hold, where it may have arrived.
_ASSUMED = object()
_ABSENT = {httpx.codes.NOT_FOUND, httpx.codes.GONE}
# What says no to the address or to the kind of request, and nothing of a record.
_NOT_HERE = {301, 302, 303, 305, 307, 308, 405, 406, 415}
# As a step of a path these mean the path above, or none (RFC 3986, 5.2.4).
_NO_STEPS = {"", ".", ".."}


class HttpRecords(Destination):
    """What one document says, carried out. Each document is a class of its own."""

    nests = frozenset({"object", "array"})
    endpoint: ClassVar[Endpoint]

    def faults(self, fields: Sequence[str]) -> list[str]:
        """Fields that the document does not name, and a key without a place; no request."""
        known, name = self.endpoint.fields, self.endpoint.name
        unknown = [f"{name} takes no {one!r}" for one in fields if known and one not in known]
        bodies = [write.body for write in self.endpoint.write.values() if write.body]
        places = [body.key for body in bodies]
        if self._identifier is None and None in places:
            unknown.append(f"{name} needs identify_by.field: what a record calls its key")
        taken = {one for body in bodies if body.fields is None for one in self._taken(body)}
        unknown += [
            f"{one!r} is where the key goes, written by itself" for one in fields if one in taken
        ]
        return unknown

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:
        write = self.endpoint.write[operation]
        reasons = {row.trace: self._unaskable(write, row.key) for row in rows}
        refused = [
            RowOutcome(trace, "rejected", reason=said) for trace, said in reasons.items() if said
        ]
        rows = [row for row in rows if reasons[row.trace] is None]
        if not rows:
            return refused
        try:
            status, answer = self._client.send(
                write.method,
                self._path(write.path, rows[0].key),
                lambda response: (response.status_code, _body_of(response)),
                json=self._body(operation, rows),
                headers=self._named(operation, rows),
                is_repeatable=self.endpoint.is_repeatable(operation),
            )
        except Refused as refusal:
            if self._is_elsewhere(write, refusal.status):
                raise Misconfigured(
                    str(refusal), advice="compare the address with the document, and the object"
                ) from refusal
            raise
        if status == httpx.codes.MULTI_STATUS and not (
            write.answer.results or write.answer.rejected
        ):
            # The rows fared differently, and the document does not say where that is told.
            return refused
        return outcomes(write.answer, answer, rows, self.endpoint.transient) + refused

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        asking = self.endpoint.read
        if asking is None:
            # Where nobody can look, the document has decided what is done with a doubt.
            assumes = self.endpoint.doubt == "at_most_once"
            return {key: dict.fromkeys(fields, _ASSUMED) for key in keys} if assumes else {}
        if asking.keys is None:
            return {key: one for key in keys if (one := self._one(asking, key)) is not None}
        body: dict[str, Any] = {}
        queries: list[dict[str, Any] | None] = [None]
        if asking.method == "GET":
            queries = [{asking.keys: part} for part in joined(keys, self.batch_size)]
        else:
            put(body, asking.keys, list(keys))
        held: dict[str, Any] = {}
        for params in queries:
            for found in self._pages(asking, params, body):
                held |= {str(inside(one, asking.key)): inside(one, asking.fields) for one in found}
        return {key: held[key] for key in keys if isinstance(held.get(key), dict)}

    def _pages(
        self, asking: Asking, params: dict[str, Any] | None, body: dict[str, Any]
    ) -> Iterator[list[Any]]:
        """The records of an answer, page by page.

        Raises:
            BadPage: an answer holds no list, or names a page that has been there already.
        """
        where, seen = f"{asking.method} {asking.path}", set[str]()
        while True:
            answer = self._client.send(
                asking.method, self._path(asking.path), _body_of, params=params, json=body or None
            )
            found = inside(answer, asking.at)
            if not isinstance(found, list):
                raise BadPage(f"The answer to {where} holds no list of records")
            yield found
            token = _token(asking, inside(answer, asking.next)) if asking.next else None
            if token is None:
                return
            if token in seen:
                raise BadPage(f"The pages of {where} have no end: {token!r} comes again")
            seen.add(token)
            if asking.method == "GET":
                params = {**(params or {}), str(asking.token): token}
            else:
                put(body, str(asking.token), token)

    def holds(self, held: object, wish: object) -> bool:
        if held is _ASSUMED:
            return True
        if isinstance(held, bool) or isinstance(wish, bool):
            return held is wish
        if isinstance(held, int | float) and isinstance(wish, int | float):
            return Decimal(str(held)) == Decimal(str(wish))
        return type(held) is type(wish) and held == wish

    def _unaskable(self, write: Write, key: str) -> str | None:
        """Why a row with this key cannot be asked for, or not be asked about afterwards."""
        asking = self.endpoint.read
        paths = [write.path, *([asking.path] if asking else [])]
        if key in _NO_STEPS and any("{key}" in path for path in paths):
            return f"the key {key!r} would be another address"
        if asking and asking.keys is not None and asking.method == "GET" and "," in key:
            return "the key has a comma in it: it could not be read back among others"
        return None

    def _is_elsewhere(self, write: Write, status: int) -> bool:
        """Whether a refusal is of the address: the next row would not fare any better."""
        if status in self.endpoint.statuses:
            return False
        return status in _NOT_HERE or (status in _ABSENT and "{key}" not in write.path)

    def _one(self, asking: Asking, key: str) -> Fields | None:
        if key in _NO_STEPS:
            return None
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
        put(record, self._key_place(shape), row.key)
        if self.endpoint.idempotency and self.endpoint.idempotency.field:
            put(record, self.endpoint.idempotency.field, self._name(operation, row))
        return record

    def _key_place(self, shape: Body) -> str:
        return shape.key or str(self._identifier)

    def _taken(self, shape: Body) -> set[str]:
        """The names in a record that are not free for fields."""
        name = self.endpoint.idempotency.field if self.endpoint.idempotency else None
        return {place.split(".")[0] for place in (self._key_place(shape), name) if place}

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


def _token(asking: Asking, told: object) -> str | None:
    """What asks for the next page, from a token or an address that tells it; None at the last."""
    if told in (None, "", False):
        return None
    text = str(told)
    if "://" not in text and not text.startswith(("/", "?")):
        return text
    # The address itself is not followed: it could lead anywhere, and our credential with it.
    found = parse_qs(urlsplit(text).query).get(str(asking.token))
    if not found:
        raise BadPage(f"The next page of {asking.path} is told without {asking.token}: {text}")
    return found[0]


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
