"""What a sync may say: which model goes to which object of which tool, and how."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from reverse_etl.guards import Guards
from reverse_etl.holdout import Holdout
from warehouse.connection import quoted
from warehouse.cron import Cron
from warehouse.deliveries import MADE_ONCE, Operation
from warehouse.documents import Document, choose, place_in, read_folder, said_hash
from warehouse.errors import Misconfigured

SYNCS = Path(__file__).parent / "syncs"

Mode = Literal[
    "update_only", "upsert", "create_only", "append", "clear_fields", "mirror", "add_remove"
]
Nulls = Literal["skip", "clear", "error"]
Ownership = Literal["warehouse_wins", "tool_wins", "newest", "ask"]
Constant = str | bool | int | Annotated[float, Field(allow_inf_nan=False)]
# A quotation mark or a backslash would have to be escaped in every path to the field.
FieldName = Annotated[str, Field(pattern=r'^[^"\\]+$')]

# What sets fields of a record that may be there already.
_FILLING: frozenset[Operation] = frozenset({"update", "upsert"})
_KINDS = ("column", "constant", "template", "object", "array", "lookup")

_Fault = tuple[tuple[str | int, ...], str]


class Parent(Document):
    """The one record of another object of the tool whose field `by` holds a value of ours.

    It is compared without case and without blanks around it.
    """

    object: str
    by: FieldName
    ask: bool = Field(
        default=False,
        description="Whether the tool is asked for parents that nobody has landed or made.",
    )


class Identifier(Document):
    """The column, or the columns together, that name a record.

    `field` is the tool's unique property that holds the key; left out, it is the tool's own id.
    `lookups` names columns that hold no id but what a parent is found by: its id stands in the key.
    """

    column: str | None = None
    columns: tuple[str, ...] = ()
    field: FieldName | None = None
    lookups: dict[str, Parent] = Field(default={})

    @property
    def names(self) -> tuple[str, ...]:
        return self.columns or (str(self.column),)

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.column is None) == (not self.columns):
            _refuse([((), "say either column or columns")])
        _refuse(
            [
                (("lookups", name), "is none of the columns that name a record")
                for name in self.lookups
                if name not in self.names
            ]
        )
        return self


class Gate(Document):
    """The ruleset that must have judged the data, and the column that holds its key."""

    ruleset: str
    key: str


class Lookup(Parent):
    """The tool's own id of the parent that has what `column` holds.

    A row with no such parent, or with several, stays back (`missing: withhold`), or leaves the
    field alone (`skip`).
    """

    column: str
    missing: Literal["withhold", "skip"] = "withhold"


class FieldMapping(Document):
    """One field of the tool and where its value comes from: exactly one of six kinds.

    A `column`; a `constant`; a `template` such as "{tier} - {region}", which is nothing where one
    of its columns is; an `object` of names with a column each; an `array` of columns; a `lookup` of
    a parent's id. Where there is no value the field is left alone (`nulls: skip`), emptied
    (`clear`), or the row stays back (`error`).
    """

    field: FieldName
    column: str | None = None
    constant: Constant | None = None
    template: str | None = None
    object: dict[str, str] | None = None
    array: tuple[str, ...] | None = None
    lookup: Lookup | None = None
    nulls: Nulls = "skip"
    only_if_empty: bool = Field(
        default=False, description="Send it only where the tool holds nothing."
    )
    ownership: Ownership = Field(
        default="warehouse_wins",
        description="Whose value stands where a person has changed the field since we wrote it.",
    )
    changed_at: str | None = Field(
        default=None,
        description="With ownership newest: the column that says when the value last changed.",
    )

    @property
    def kind(self) -> str:
        return next(kind for kind in _KINDS if getattr(self, kind) is not None)

    @property
    def columns(self) -> tuple[str, ...]:
        """The model's columns that the value is made of, in order, each once."""
        if self.template is not None:
            return tuple(dict.fromkeys(name for _, name in self.parts if name is not None))
        named = [self.column] if self.column is not None else [*(self.array or ())]
        named += [self.lookup.column] if self.lookup is not None else []
        return tuple(dict.fromkeys([*named, *(self.object or {}).values()]))

    @property
    def parts(self) -> list[tuple[str, str | None]]:
        """The template as pieces of text, each with the column that follows it."""
        return [(text, name) for text, name, _, _ in Formatter().parse(self.template or "")]

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        given = [kind for kind in _KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            said = f", not {' and '.join(given)}" if given else ""
            _refuse([((), f"a field has one of {', '.join(_KINDS)}{said}")])
        faults = [] if self.template is None else _template_faults(self.template)
        if given[0] in {"object", "array"} and not self.columns:
            faults.append(((given[0],), "names no column"))
        if self.only_if_empty and self.nulls == "clear":
            faults.append((("nulls",), "what is sent only if empty is never cleared"))
        # What is left alone and what is cleared would be the same wish.
        if self.nulls == "clear" and self.lookup is not None and self.lookup.missing == "skip":
            faults.append((("nulls",), "nulls: clear needs lookup.missing: withhold"))
        if self.changed_at is not None and self.ownership != "newest":
            faults.append((("changed_at",), "only ownership newest asks when a value changed"))
        _refuse(faults)
        return self


class SyncSpec(Document):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str
    owner: str
    model: str
    destination: str
    object: str
    within: str | None = Field(
        default=None,
        description="The list, audience, folder or database of the tool that the records are in.",
    )
    mode: Mode
    when_gone: Literal["archive", "delete"] | None = Field(
        default=None,
        description="With mode mirror: what becomes of a record whose row has left the model.",
    )
    identify_by: Identifier
    gate: Gate
    holdout: Holdout | None = None
    guards: Guards = Guards()
    approval: Literal["required"] | None = Field(
        default=None, description="Whether a person has to approve each plan before it is sent."
    )
    look: Literal["always", "when_needed"] = Field(
        default="always",
        description="Whether the tool is read before every write, or only where a field asks.",
    )
    schedule: Cron | None = Field(
        default=None,
        description="When it runs, as cron in the business's time zone; when its data is new if"
        " left out.",
    )
    priority: int = Field(
        default=0, ge=-100, le=100, description="Of syncs that are ready the highest goes first."
    )
    changed_at: str | None = Field(
        default=None,
        description="The column that says when a row last changed, for fields that name no other.",
    )
    doubt: Literal["at_most_once", "at_least_once"] | None = Field(
        default=None,
        description="With mode append: what becomes of a row of which nobody can tell whether it"
        " arrived.",
    )
    fields: tuple[FieldMapping, ...] = ()
    safe_echoes: dict[FieldName, str] = Field(
        default={},
        description="Written fields that the model itself is made of, each with why that is safe.",
    )

    @property
    def table(self) -> str:
        return f"activation.{quoted(self.model)}"

    @property
    def derived(self) -> Mapping[str, str]:
        """Columns that `table` has beside the model's own, with their types."""
        return {}

    @property
    def lookups(self) -> tuple[Parent, ...]:
        """The parents that have to be found: what is sent depends on more than the model."""
        named = [mapping.lookup for mapping in self.fields if mapping.lookup is not None]
        return (*self.identify_by.lookups.values(), *named)

    @property
    def dated(self) -> Mapping[str, str]:
        """Field -> the column that says when its value changed, for those that the newest wins."""
        return {
            mapping.field: column
            for mapping in self.fields
            if mapping.ownership == "newest" and (column := mapping.changed_at or self.changed_at)
        }

    @property
    def operation(self) -> Operation:
        """What is done with a row of the model."""
        return _operations(self)[0]

    @property
    def leaving(self) -> Operation | None:
        """What is done with a record that was sent and whose row has left the model."""
        return _operations(self)[1]

    @property
    def operations(self) -> frozenset[Operation]:
        return frozenset(one for one in _operations(self) if one is not None)

    @property
    def is_made_once(self) -> bool:
        """What was sent once is not touched again, however its row changes."""
        return self.operation in {*MADE_ONCE, "add"}

    @property
    def config_hash(self) -> str:
        """Changes when anything that decides what is sent changes."""
        told = {"description", "owner", "guards", "approval", "look", "doubt", "safe_echoes"}
        return said_hash(self, besides=told | {"schedule", "priority"})

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        _refuse(
            [
                *_doubled(self.fields),
                *_mode_faults(self),
                *_filling_faults(self),
                *_dating_faults(self),
            ]
        )
        return self


def syncs(folder: Path = SYNCS) -> dict[str, SyncSpec]:
    """Every sync by name.

    Raises:
        Misconfigured: a document is wrong, or named otherwise than its file; two write one field.
    """
    found = read_folder(folder, SyncSpec, lambda one: one.name)
    writers: dict[tuple[str, str, str | None, str], str] = {}
    for name, spec in found.items():
        if spec.operation not in _FILLING:
            continue
        for number, mapping in enumerate(spec.fields):
            field = (spec.destination, spec.object, spec.within, mapping.field)
            other = writers.setdefault(field, name)
            if other != name:
                place = place_in(folder / f"{name}.yaml", ("fields", number, "field"))
                raise Misconfigured(
                    f"{place}: fields.{number}.field: {other} writes {mapping.field} to"
                    f" {spec.destination}'s {spec.object}, too",
                    advice="one sync has a field of an object: make one model of both",
                )
    return found


def sync(name: str) -> SyncSpec:
    """One sync.

    Raises:
        Misconfigured: there is none of that name.
    """
    return choose(syncs(), "sync", name)


def _operations(spec: SyncSpec) -> tuple[Operation, Operation | None]:
    # A record that is found by a field of ours may be made; one by the tool's own id is there.
    written: Operation = "update" if spec.identify_by.field is None else "upsert"
    known: dict[Mode, tuple[Operation, Operation | None]] = {
        "update_only": ("update", None),
        "upsert": ("upsert", None),
        "create_only": ("create", None),
        "append": ("append", None),
        "clear_fields": ("update", "update"),
        "mirror": (written, spec.when_gone or "archive"),
        "add_remove": ("add", "remove"),
    }
    return known[spec.mode]


def _doubled(fields: tuple[FieldMapping, ...]) -> list[_Fault]:
    targets = [mapping.field for mapping in fields]
    return [
        (("fields", number, "field"), f"two columns are mapped to one field: {field}")
        for number, field in enumerate(targets)
        if field in targets[:number]
    ]


def _mode_faults(spec: SyncSpec) -> list[_Fault]:
    faults: list[_Fault] = []
    if spec.mode == "upsert" and spec.identify_by.field is None:
        said = "mode upsert needs identify_by.field, a unique field of the tool"
        faults.append((("identify_by",), said))
    if spec.when_gone is not None and spec.mode != "mirror":
        faults.append((("when_gone",), "only mode mirror does anything with what is gone"))
    if spec.doubt is not None and spec.mode != "append":
        said = "only what is added once may be lost or doubled: mode append"
        faults.append((("doubt",), said))
    if not spec.fields and spec.mode != "add_remove":
        faults.append((("fields",), f"mode {spec.mode} needs one field at least"))
    return faults


def _filling_faults(spec: SyncSpec) -> list[_Fault]:
    return [
        (("fields", number, "only_if_empty"), f"mode {spec.mode} writes to no record that is there")
        for number, mapping in enumerate(spec.fields)
        if mapping.only_if_empty and spec.is_made_once
    ]


def _dating_faults(spec: SyncSpec) -> list[_Fault]:
    newest = [number for number, one in enumerate(spec.fields) if one.ownership == "newest"]
    if spec.changed_at is not None and not newest:
        return [(("changed_at",), "only fields of ownership newest ask when a row changed")]
    return [
        (
            ("fields", number, "ownership"),
            "newest needs changed_at: the column that says when the value changed",
        )
        for number in newest
        if spec.fields[number].field not in spec.dated
    ]


def _template_faults(template: str) -> list[_Fault]:
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        return [(("template",), f"{error}: a brace that is meant as one is written twice")]
    if all(name is None for _, name, _, _ in parts):
        return [(("template",), "names no column: say constant")]
    if any(name == "" or form or conversion for _, name, form, conversion in parts):
        return [(("template",), "a column stands in braces as it is, without a format")]
    return []


def _refuse(faults: list[_Fault]) -> None:
    """Raise each fault with its place in the document, so that file and line can be named."""
    if not faults:
        return
    raise ValidationError.from_exception_data(
        "document",
        [
            InitErrorDetails(
                type=PydanticCustomError("inconsistent", "{fault}", {"fault": said}),
                loc=place,
                input=None,
            )
            for place, said in faults
        ],
    )
