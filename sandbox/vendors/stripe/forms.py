"""Stripe's form encoding: `items[0][price]=x`, `created[gte]=1`, `expand[]=data.customer`."""

import re
from collections.abc import Iterable
from typing import Any

from werkzeug.datastructures import MultiDict

from sandbox.vendors.stripe.errors import invalid

DEEPEST = 4

_PART = re.compile(r"\[([^\[\]]*)\]")

Form = dict[str, Any]


def parse_form(fields: MultiDict[str, str]) -> Form:
    """The nested parameters; lists by number or by `[]` become lists in the order sent."""
    form: Form = {}
    for name, value in fields.items(multi=True):
        head, parts = name.partition("[")[0], _PART.findall(name)
        _put(form, [head, *parts], value)
    return {name: _with_lists(value) for name, value in form.items()}


def _put(form: Form, path: list[str], value: str) -> None:
    *parents, last = path
    for part in parents:
        form = form.setdefault(part, {})
    key = last or str(len(form))
    form[key] = value


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(one) for name, one in value.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def whole_number(text: object) -> int | None:
    return int(str(text)) if re.fullmatch(r"-?[0-9]+", str(text)) else None


def is_true(text: object) -> bool:
    return text == "true"


def paths(form: Form, prefix: str = "") -> Iterable[tuple[str, list[str]]]:
    """What `expand` asks for, as paths without `prefix`: (first part, the rest)."""
    asked = form.get("expand", [])
    for path in asked if isinstance(asked, list) else [asked]:
        if path.count(".") >= DEEPEST:
            raise invalid(f"You cannot expand more than {DEEPEST} levels of a property", "expand")
        first, *rest = path.removeprefix(prefix).split(".")
        if path.startswith(prefix):
            yield first, rest
