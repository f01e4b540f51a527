"""Judges records by their contract: a cheap form first, and pydantic wherever that one says no.

Checking a record with pydantic costs more than all the rest of landing it. So each contract is
compiled to a msgspec form that accepts nothing which pydantic would refuse: what passes it is
done, what does not is judged by pydantic, which alone decides and gives the reasons. A contract
with a part that has no such form is judged by pydantic throughout.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
import msgspec
from pydantic import AwareDatetime, BaseModel, StringConstraints, ValidationError
from pydantic.fields import FieldInfo

from connectors.core.pages import TextRecords
from connectors.core.source import Record
from warehouse.landing import Reject, Segment

_METHODS = ("record_key", "record_cursor", "record_deleted")
# Cheap forms for `Quick`: a number written out in digits, and an instant with its zone.
NUMERAL = Annotated[str, msgspec.Meta(pattern=r"\A-?[0-9]{1,30}(\.[0-9]{1,30})?\Z")]
INSTANT = Annotated[datetime, msgspec.Meta(tz=True)]

_PLAIN: dict[Any, Any] = {
    str: str,
    int: int,
    float: float,
    bool: bool,
    date: date,
    datetime: datetime,
    type(None): None,
    Any: Any,
    AwareDatetime: INSTANT,
    # As a number or as digits: pydantic takes both, and nothing here asks for its value.
    Decimal: int | float | NUMERAL,
}
# Half a character, as an escape: what some readers of JSON take and others refuse.
_HALF_CHARACTER = re.compile(rb"\\u[dD]")
_TEXTS = msgspec.json.Decoder(list[str | None])


@dataclass(frozen=True)
class Quick:
    """Names, in an annotation with a validator, the msgspec type of values that it lets pass.

    It must accept nothing that the validator and its type would refuse.
    """

    form: Any


class _Unknown(Exception):
    """A part of a contract has no cheap form."""


class Contract:
    """One stream's contract, ready to judge pages."""

    def __init__(self, model: type[Record]) -> None:
        self._model = model
        self._quick = quick_form(model)

    @property
    def is_quick(self) -> bool:
        return self._quick is not None

    def judge(
        self,
        records: Sequence[msgspec.Raw],
        segment: Segment,
        place: Callable[[int], str] | None = None,
    ) -> None:
        """Add the records to the segment: as versions, or with reasons to its rejects.

        Args:
            records: each the bytes of one JSON document.
            segment: what they are added to.
            place: names where the record of an index stands at its source, for the reasons.
        """
        passed = self._pass_all(records)
        if passed is None:
            for number, record in enumerate(records):
                self._judge_one(record, segment, number, place)
            return
        segment.keys += [one.record_key() for one in passed]
        segment.cursors += _texts([one.record_cursor() for one in passed])
        segment.deleted += [one.record_deleted() for one in passed]
        segment.payloads += records

    def _pass_all(self, records: Sequence[msgspec.Raw]) -> list[Any] | None:
        """Every record in its cheap form, or None if a single one does not pass."""
        if self._quick is None:
            return None
        page = b"[" + b",".join(records) + b"]"
        if b"\\" in page and _HALF_CHARACTER.search(page):
            return None
        try:
            if not isinstance(records, TextRecords):
                page.decode()
            passed: list[Any] = self._quick.decode(page)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return passed

    def _judge_one(
        self,
        payload: msgspec.Raw,
        segment: Segment,
        number: int,
        place: Callable[[int], str] | None,
    ) -> None:
        text = bytes(payload).decode(errors="replace")
        try:
            record = self._model.model_validate_json(bytes(payload))
        except ValidationError as error:
            where = f"{place(number)}: " if place else ""
            segment.rejects.append(Reject(_key_if_any(text), where + _reasons(error), text))
        else:
            segment.keys.append(record.record_key())
            segment.cursors += _texts([record.record_cursor()])
            segment.deleted.append(record.record_deleted())
            segment.payloads.append(payload)


@cache
def quick_form(model: type[Record]) -> msgspec.json.Decoder[Any] | None:
    """A decoder of a page of records, or None where the contract has no cheap form."""
    try:
        form = _struct(model)
    except _Unknown:
        return None
    with suppress(TypeError):
        # A union that one reader can tell apart and the other cannot has no cheap form.
        return msgspec.json.Decoder(list[form])  # type: ignore[valid-type]
    return None


def _struct(model: type[BaseModel]) -> Any:
    own = model.__pydantic_decorators__
    if own.validators or own.field_validators or own.model_validators or own.root_validators:
        raise _Unknown(model)
    names: dict[str, str] = {}
    fields = []
    for name, info in model.model_fields.items():
        if info.validation_alias is not None:
            names[name] = _alias(info)
        fields.append((name, _form(info), *_default(info)))
    methods = {name: getattr(model, name) for name in _METHODS if hasattr(model, name)}
    return msgspec.defstruct(
        model.__name__,
        fields,
        namespace=methods,
        kw_only=True,
        frozen=True,
        gc=False,
        rename=names,
    )


def _alias(info: FieldInfo) -> str:
    if not isinstance(info.validation_alias, str):
        raise _Unknown(info)
    return info.validation_alias


def _default(info: FieldInfo) -> tuple[Any, ...]:
    if info.is_required():
        return ()
    if info.default_factory is not None:
        return (msgspec.field(default_factory=info.default_factory),)  # type: ignore[arg-type]
    return (info.default,)


def _form(info: FieldInfo) -> Any:
    """The cheap type of one field, its constraints included."""
    return _constrained(info.annotation, info.metadata)


def _constrained(annotation: Any, metadata: Sequence[Any]) -> Any:
    for mark in metadata:
        if isinstance(mark, Quick):
            return mark.form
    limits: dict[str, Any] = {}
    for mark in metadata:
        match mark:
            case annotated_types.MinLen(min_length=least):
                limits["min_length"] = least
            case StringConstraints() if mark == StringConstraints(min_length=mark.min_length):
                limits["min_length"] = mark.min_length
            case annotated_types.MaxLen(max_length=most):
                limits["max_length"] = most
            case annotated_types.Ge(ge=least):
                limits["ge"] = least
            case annotated_types.Le(le=most):
                limits["le"] = most
            case _:
                raise _Unknown(mark)
    form = _type(annotation)
    return Annotated[form, msgspec.Meta(**limits)] if limits else form


def _type(annotation: Any) -> Any:
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _constrained(arguments[0], arguments[1:])
    if origin is Literal:
        return annotation
    if origin in {Union, types.UnionType}:
        return Union[tuple(_type(one) for one in arguments)]  # noqa: UP007 - made at run time
    if origin in {list, dict}:
        return origin[tuple(_type(one) for one in arguments)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _struct(annotation)
    raise _Unknown(annotation)


def _texts(cursors: list[str | datetime | None]) -> list[str | None]:
    """The cursors as they are landed: `isoformat` of an instant, but all of a page at once."""
    if set(map(type, cursors)) <= {datetime, type(None)}:
        return _TEXTS.decode(msgspec.json.encode(cursors).replace(b"Z", b"+00:00"))
    return [one.isoformat() if isinstance(one, datetime) else one for one in cursors]


def _reasons(error: ValidationError) -> str:
    """Which fields broke the contract and how, without their values."""
    return "; ".join(
        f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}"
        for e in error.errors(include_input=False, include_url=False, include_context=False)
    )


def _key_if_any(text: str) -> str | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    key = found.get("id", found.get("Id")) if isinstance(found, dict) else None
    return None if key is None else str(key)
