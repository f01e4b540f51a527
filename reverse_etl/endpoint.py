"""What a document may say of an HTTP endpoint that records are written to, and what is unsafe."""

from __future__ import annotations

from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import Field, HttpUrl, model_validator

from warehouse.deliveries import MADE_ONCE, Operation
from warehouse.documents import Document, read_folder

ENDPOINTS = Path(__file__).parent / "http"

# Names with dots between them: where in a JSON document something lies.
Place = Annotated[str, Field(pattern=r"^[^.]+(\.[^.]+)*$")]
Address = Annotated[str, Field(pattern=r"^/[^?#]*$")]
Constant = str | bool | int | float
Code = str | int


class Rate(Document):
    """How many requests the endpoint takes in how many seconds."""

    requests: int = Field(ge=1)
    seconds: float = Field(gt=0)


class Body(Document):
    """The shape of what is sent: an array of records, or one record alone.

    `under` is where they lie in the body, the body itself if left out; `fields` where a record's
    fields lie, beside its key if left out; `constants` what else the body holds.
    """

    shape: Literal["array", "object"] = "array"
    under: Place | None = None
    key: Place | None = Field(
        default=None, description="Where a record holds our key; left out, identify_by.field."
    )
    fields: Place | None = None
    constants: dict[str, Constant] = Field(default={})


class Told(Document):
    """A list in the answer whose elements each speak of one record.

    `at` is where it lies, the answer itself if left out. An element names its record by its
    place in the list, by the number of the record in the request under `name`, or by the key.
    It is a rejection if it holds something at `error`, or a `status` that is none of `ok`.
    """

    at: Place | None = None
    named_by: Literal["place", "number", "key"]
    name: Place | None = None
    id: Place | None = Field(default=None, description="Where the tool's own id of it lies.")
    error: Place | None = None
    status: Place | None = None
    ok: tuple[Code, ...] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.named_by == "place") == (self.name is not None):
            raise ValueError("name says where the number or the key lies; a place needs none")
        if (self.status is None) != (not self.ok):
            raise ValueError("status and ok belong together")
        return self


class Answer(Document):
    """What an answer says of the records, and of which.

    `results` speak of each record, and what they leave out is in doubt; `rejected` speak of those
    that were not taken. Without `results` the status speaks of all others: `sign` is then where
    the answer must hold something to be believed.
    """

    results: Told | None = None
    rejected: Told | None = None
    sign: Place | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.results is not None and not (self.results.error or self.results.status):
            raise ValueError("results need error or status: else nothing tells a no from a yes")
        if self.results is not None and self.sign is not None:
            raise ValueError("a sign is for answers without results")
        if self.rejected is not None and self.rejected.named_by == "place":
            raise ValueError("a list of the rejected names them by number or by key")
        return self


class Write(Document):
    """How one operation is asked for. `{object}` and `{key}` in the path stand for what they say.

    `is_repeatable` is whether the same request twice is as good as once: left out, it is for
    every operation but create and append.
    """

    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: Address
    body: Body | None = Body()
    answer: Answer
    is_repeatable: bool | None = None


class Asking(Document):
    """How records are read back. Either the path holds `{key}`, and one is asked for at a time.

    Or `keys` is the name under which a batch of keys is sent, in the query of a GET, with commas
    between them, or in the body of a POST. Where such an answer has pages, `next` is where it tells
    of the next one: by a token, which is sent back under the name `token`, in the query or the body
    as the keys are; or by an address, out of whose query `token` is taken. Where there is nothing,
    that page is the last.
    """

    method: Literal["GET", "POST"] = "GET"
    path: Address
    keys: Place | None = None
    at: Place | None = Field(default=None, description="Where the record or the list of them lies.")
    key: Place | None = Field(default=None, description="Where a record of the list holds our key.")
    fields: Place | None = Field(default=None, description="Where a record holds its fields.")
    next: Place | None = Field(default=None, description="Where the answer tells of its next page.")
    token: Place | None = Field(default=None, description="The name by which that page is asked.")

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.next is None) != (self.token is None) or (self.next and self.keys is None):
            raise ValueError("pages need next and token, and are of an answer to keys")
        if (self.keys is None) == ("key" not in _names(self.path)):
            raise ValueError("it needs {key} in the path, or keys, and not both")
        if self.keys is not None and self.key is None:
            raise ValueError("a list needs key: where each record holds ours")
        return self


class Idempotency(Document):
    """Where our name of a request goes, by which the tool knows that it has seen it."""

    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] | None = None
    field: Place | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.header is None) == (self.field is None):
            raise ValueError("say either header or field")
        return self


class Endpoint(Document):
    """One endpoint: a destination of the document's name."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    description: str
    base_url: HttpUrl | None = Field(
        default=None, description="Where it answers, if the setting does not say otherwise."
    )
    auth: Literal["none", "bearer", "basic", "header"]
    auth_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] | None = None
    headers: dict[str, str] = Field(default={})
    rate: Rate
    batch_size: int = Field(ge=1, le=10_000)
    fields: tuple[str, ...] = Field(
        default=(), description="The fields that it takes; left out, it takes whatever it is sent."
    )
    write: dict[Operation, Write] = Field(min_length=1)
    read: Asking | None = None
    statuses: dict[int, Literal["take", "retry", "authorise", "refuse"]] = Field(
        default={}, description="What a status means, where that is not what it means elsewhere."
    )
    transient: tuple[Code, ...] = Field(
        default=(), description="Statuses and errors of a record that pass by themselves."
    )
    idempotency: Idempotency | None = None
    doubt: Literal["at_most_once", "at_least_once"] | None = Field(
        default=None,
        description="What becomes of a record that may have arrived, where nobody can find out.",
    )

    @property
    def is_readable(self) -> bool:
        return self.read is not None

    def is_repeatable(self, operation: Operation) -> bool:
        """Whether the same request twice is as good as once."""
        if self.idempotency is not None:
            return True
        said = self.write[operation].is_repeatable
        return operation not in MADE_ONCE if said is None else said

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        faults = [*_shape_faults(self), *_doubt_faults(self)]
        if faults:
            raise ValueError("; ".join(faults))
        return self


def endpoints(folder: Path = ENDPOINTS) -> dict[str, Endpoint]:
    """Every endpoint by name.

    Raises:
        Misconfigured: a document is wrong, or named otherwise than its file.
    """
    return read_folder(folder, Endpoint, lambda one: one.name)


def inside(document: Any, place: str | None) -> Any:
    """What lies at a place of a JSON document; None where there is nothing."""
    for name in place.split(".") if place else []:
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    return document


def put(document: dict[str, Any], place: str, value: Any) -> None:
    """Let a JSON object hold a value at a place."""
    *way, last = place.split(".")
    for name in way:
        document = document.setdefault(name, {})
    document[last] = value


def _names(path: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(path)} - {None}


def _shape_faults(one: Endpoint) -> list[str]:
    faults = []
    if (one.auth == "header") != (one.auth_header is not None):
        faults.append("auth_header names the header of auth: header")
    paths = [write.path for write in one.write.values()] + ([one.read.path] if one.read else [])
    faults += [
        f"{path} holds {{{name}}}, and only {{object}} and {{key}} mean something"
        for path in paths
        for name in _names(path) - {"object", "key"}
    ]
    for operation, write in one.write.items():
        is_alone = "key" in _names(write.path) or write.body is None or write.body.shape == "object"
        if is_alone and one.batch_size > 1:
            faults.append(f"{operation} sends one record at a time: batch_size is 1")
        if write.body is None and "key" not in _names(write.path):
            faults.append(f"{operation} names no record: it needs {{key}} in its path, or a body")
    return faults


def _doubt_faults(one: Endpoint) -> list[str]:
    """What would be sent twice, or never, without anybody having said so."""
    faults = []
    if one.idempotency and one.idempotency.header and one.batch_size > 1:
        said = "a header names a whole batch, which is put together anew after a kill"
        faults.append(f"{said}: say idempotency.field, or batch_size 1")
    unsafe = [name for name in one.write if not one.is_repeatable(name)]
    if unsafe and one.read is None and one.doubt is None:
        faults.append(
            f"{' and '.join(unsafe)} may not happen twice, and what has happened cannot be read:"
            " say idempotency, read or doubt"
        )
    if one.doubt is not None and one.read is not None:
        faults.append("doubt is for what cannot be read")
    safe = [name for name in one.write if name not in unsafe]
    if one.doubt is not None and safe:
        faults.append(f"{' and '.join(safe)} may happen twice: doubt is for what may not")
    return faults
