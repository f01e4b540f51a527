"""Says in SQL what a sync wishes for: each field's value, in one form whatever its type."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from reverse_etl.spec import FieldMapping, Identifier
from warehouse.connection import literal, quoted

Types = Mapping[str, str]

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
# Types whose values come back from their text as they were.
_TEXTS = {"VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
_PLAIN = {*_WHOLE, *(f"U{name}" for name in _WHOLE), "DOUBLE", "FLOAT", "BOOLEAN", *_TEXTS}


def inside(document: str, field: str) -> str:
    """SQL: what a JSON document holds of a field; null only where the field is not there."""
    return f"json_extract({document}, {literal(_path(field))})"


def key_of(identifier: Identifier, table: str = "") -> str:
    """SQL: the key of a row, null if any part of it is.

    Two rows with different columns never have one key: what separates the parts is escaped within.
    """
    columns = [_column(name, table) for name in identifier.names]
    if len(columns) == 1:
        return f"{columns[0]}::varchar"
    parts = [f"replace(replace({one}::varchar, '\\', '\\\\'), '|', '\\|')" for one in columns]
    return "(" + " || '|' || ".join(parts) + ")"


def wish_of(mapping: FieldMapping, types: Types) -> str:
    """SQL: the value that a field should have, as JSON; null where there is none.

    A number is written without trailing zeros and an instant in UTC, so that what means the same
    is the same.
    """
    if mapping.constant is not None:
        return f"{literal(json.dumps(mapping.constant, ensure_ascii=False))}::json"
    if mapping.template is not None:
        return f"to_json({_filled(mapping, types)})"
    if mapping.column is not None:
        return _as_json(mapping.column, types)
    if mapping.array is not None:
        whole = "json_array(" + ", ".join(_as_json(name, types) for name in mapping.array) + ")"
    else:
        whole = _json_object(mapping.object or {}, types)
    missing = " and ".join(f"{quoted(name)} is null" for name in mapping.columns)
    return f"case when {missing} then null else {whole} end"


def hash_of_row(fields: Sequence[FieldMapping], types: Types) -> str:
    """SQL: a number that is the same for two rows of a model with the same wishes.

    The columns are hashed as they are: to write them as JSON costs many times as much, and only
    the rows that differ need it.
    """
    return _hashed(
        quoted(name) if (name := _plain(mapping, types)) else f"{wish_of(mapping, types)}::varchar"
        for mapping in fields
    )


def hashed_sent(fields: Sequence[FieldMapping], types: Types, table: str) -> str:
    """SQL: rows with a `desired`, written down with `desired_row`, with the same number `row_hash`.

    Null, which is equal to nothing, where a row does not hold every field in its type of today.
    """
    misfits, terms = [], []
    for number, mapping in enumerate(fields, start=1):
        value, text = f"_parts[{number}]", f"_texts[{number}]"
        name = _plain(mapping, types)
        if name is None:
            misfits.append(f"{value} is null")
            terms.append(f"nullif({value}::varchar, 'null')")
            continue
        kinds = ", ".join(literal(one) for one in ("NULL", *_json_kinds(types[name])))
        cast = f"try_cast({text} as {types[name]})"
        misfits.append(f"coalesce(json_type({value}) not in ({kinds}), true)")
        misfits.append(f"({text} is not null and {cast} is null)")
        terms.append(cast)
    numbered = f"case when {' or '.join(misfits) or 'false'} then null else {_hashed(terms)} end"
    # A document is read once and not once for every field.
    places = ", ".join(literal(_path(mapping.field)) for mapping in fields)
    parts = f"json_extract(desired, [{places}]::varchar[]) as _parts"
    texts = f"json_extract_string(desired, [{places}]::varchar[]) as _texts"
    read = f"(select *, {parts}, {texts} from {table})"
    return f"(select * exclude (_parts, _texts), {numbered} as row_hash from {read})"


def desired_row(fields: Sequence[FieldMapping]) -> str:
    """SQL: all wishes of a row as one JSON text in the order of the mapping, from `wish_<n>`."""
    pairs = [
        f"{literal(_name(mapping.field) + ':')} || coalesce(wish_{number}::varchar, 'null')"
        for number, mapping in enumerate(fields)
    ]
    return "'{' || " + (" || ',' || ".join(pairs) or "''") + " || '}'"


def held_values(fields: Sequence[FieldMapping]) -> str:
    """SQL: columns `held_<n>`, what the tool was last given of each field, from one reading."""
    places = ", ".join(literal(_path(mapping.field)) for mapping in fields)
    if not fields:
        return ""
    return f", json_extract(sent_held, [{places}]) as held" + "".join(
        f", held[{number + 1}] as held_{number}" for number in range(len(fields))
    )


def sent_marks(fields: Sequence[FieldMapping]) -> str:
    """SQL: columns `is_sent_<n>`, whether a field has to be sent."""
    return "".join(
        f", {_is_sent(mapping, number)} as is_sent_{number}"
        for number, mapping in enumerate(fields)
    )


def patch_of(fields: Sequence[FieldMapping]) -> str:
    """SQL: what has to be sent of a row, as a JSON text, from `is_sent_<n>` and `wish_<n>`."""
    return _joined(
        [
            f"case when is_sent_{number} then {literal(_name(mapping.field) + ':')}"
            f" || coalesce(wish_{number}::varchar, 'null') end"
            for number, mapping in enumerate(fields)
        ]
    )


def before_of(fields: Sequence[FieldMapping]) -> str:
    """SQL: what was last sent of the fields in the patch, as a JSON text."""
    return _joined(
        [
            f"case when is_sent_{number} then {literal(_name(mapping.field) + ':')}"
            f" || held_{number}::varchar end"
            for number, mapping in enumerate(fields)
        ]
    )


def changed_instants(dated: Mapping[str, str], types: Types) -> str:
    """SQL: field -> when its value last changed in the warehouse, as a JSON text."""
    pairs = [f"{literal(field)}, {text_of(column, types)}" for field, column in dated.items()]
    return f"json_object({', '.join(pairs)})::varchar"


def refused_fields(fields: Sequence[FieldMapping]) -> str:
    """SQL: the fields that are null and may not be, as a list."""
    named = [
        f"case when wish_{number} is null then {literal(mapping.field)} end"
        for number, mapping in enumerate(fields)
        if mapping.nulls == "error"
    ]
    return f"list_filter([{', '.join(named)}]::varchar[], lambda one: one is not null)"


def _plain(mapping: FieldMapping, types: Types) -> str | None:
    name = mapping.column
    is_plain = name is not None and (types[name] in _PLAIN or types[name].startswith("DECIMAL"))
    return name if is_plain else None


def _json_kinds(kind: str) -> tuple[str, ...]:
    if kind == "BOOLEAN":
        return ("BOOLEAN",)
    if kind in _TEXTS:
        return ("VARCHAR",)
    return ("BIGINT", "UBIGINT", "DOUBLE")


def _hashed(terms: Iterable[str]) -> str:
    return f"hash({', '.join(terms) or '0'})"


def _is_sent(mapping: FieldMapping, number: int) -> str:
    wish, held = f"wish_{number}", f"held_{number}"
    never = f"{held} is null"
    if mapping.only_if_empty:
        return f"({wish} is not null and {never})"
    differs = f"({never} or not {_is_same(held, wish, inside('sent_desired', mapping.field))})"
    return differs if mapping.nulls == "clear" else f"({wish} is not null and {differs})"


def _is_same(held: str, wish: str, last_wish: str) -> str:
    """SQL: two JSON values mean the same; null is not '', and "1" is not 1.

    What was wished for last time is compared, too: a state store may keep an object in another
    order than it was sent in.
    """
    same_kind = f"json_type({held}) = json_type({wish})"
    return f"""coalesce(
        case
            when {wish} is null then json_type({held}) = 'NULL'
            when {held}::varchar = {wish}::varchar then true
            when json_type({wish}) = 'VARCHAR'
                then {same_kind}
                    and json_extract_string({held}, '$') = json_extract_string({wish}, '$')
            when json_type({wish}) in ('OBJECT', 'ARRAY')
                then {same_kind} and {last_wish}::varchar = {wish}::varchar
            else try_cast({held}::varchar as double) = try_cast({wish}::varchar as double)
        end,
        false
    )"""


def _as_json(name: str, types: Types) -> str:
    column, kind = quoted(name), types[name]
    if kind in {"DOUBLE", "FLOAT"}:
        return f"{_number(column)}::json"
    if kind.startswith("DECIMAL"):
        return f"{text_of(name, types)}::json"
    if kind.startswith("TIMESTAMP"):
        return f"to_json({text_of(name, types)})"
    return f"to_json({column})"


def text_of(name: str, types: Types) -> str:
    """SQL: a value as text in its one form."""
    column, kind = quoted(name), types[name]
    if kind.startswith("DECIMAL"):
        whole = f"{column}::varchar"
        return whole if kind.endswith(",0)") else _without_zeros(whole)
    if kind in {"DOUBLE", "FLOAT"}:
        return _number(column)
    if kind.startswith("TIMESTAMP"):
        has_zone = kind.endswith("ZONE")
        instant = f"timezone('UTC', {column})" if has_zone else f"{column}::timestamp"
        whole = f"strftime({instant}, '%Y-%m-%dT%H:%M:%S.%f')"
        return f"{_without_zeros(whole)} || 'Z'"
    return f"{column}::varchar"


def _number(column: str) -> str:
    """SQL: a floating number as JSON writes it; what is no number is nothing."""
    return f"""case
        when not isfinite({column}) then null
        when {column} = trunc({column}) and abs({column}) < 1e15
            then {column}::bigint::varchar
        else to_json({column})::varchar
    end"""


def _without_zeros(text: str) -> str:
    return f"rtrim(rtrim({text}, '0'), '.')"


def _filled(mapping: FieldMapping, types: Types) -> str:
    pieces = [
        piece
        for text, name in mapping.parts
        for piece in (literal(text) if text else None, text_of(name, types) if name else None)
        if piece is not None
    ]
    return " || ".join(f"({piece})" for piece in pieces)


def _json_object(columns: Mapping[str, str], types: Types) -> str:
    pairs = [f"{literal(name)}, {_as_json(column, types)}" for name, column in columns.items()]
    return f"json_object({', '.join(pairs)})"


def _joined(pairs: Sequence[str]) -> str:
    return "'{' || concat_ws(',', " + (", ".join(pairs) or "''") + ") || '}'"


def _name(field: str) -> str:
    return json.dumps(field, ensure_ascii=False)


def _path(field: str) -> str:
    return f'$."{field}"'


def _column(name: str, table: str) -> str:
    return f"{table}.{quoted(name)}" if table else quoted(name)
