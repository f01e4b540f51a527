"""Reads the names of companies: what of a name is its legal form, its core, its branch."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
from pyarrow import compute

from identity.columns import flat
from identity.names.company_bodies import SEAT_MARK, mark_bodies
from identity.names.company_forms import FIRST_MARK, MARKS, UNIT_MARK, forms
from identity.names.company_glyphs import equality_form, folded, spoken

# Its stubs know scalars only.
pc: Any = compute

Texts = Any  # a pyarrow.StringArray

_TEXTS = (
    *("folded", "core", "form", "form_position", "unit", "seat"),
    *("key", "skeleton", "spoken"),
)
KEYS = pa.struct([*((name, pa.string()) for name in _TEXTS), ("several", pa.bool_())])

# Who stands for a group: "代表機関 株式会社ア" is the company ア.
_HERALD = re.compile(
    r"^(?:the |[^\n]*(?:代表者|代表機関|代表企業|代表会社|幹事会社)[: ]*"
    r"|\(代表[^)\n]{0,4}\)|(?:農業生産法人|農業法人|農地所有適格法人) ?)(?=[^\n])",
    re.MULTILINE,
)
_AND_OTHERS = re.compile(
    rf"(?<=[ぁ-んァ-ヺー一-龠a-z0-9){MARKS}])"
    r"[ ,]*(?:ほか|外|他)[0-9一二三四五六七八九十]*[社者名団体]*$"
    rf"|(?<=[社人会合{MARKS}])等$",
    re.MULTILINE,
)
_JOINT = r"共同企業体|共同体|共同提案|コンソーシアム|jv$|joint venture"
_PARTS = (
    rf"^(?:(?P<seat>[^{SEAT_MARK}]*){SEAT_MARK})?(?P<before>[^{MARKS}{UNIT_MARK}]*)(?P<mark>[{MARKS}]?)"
    rf"(?P<after>[^{MARKS}{UNIT_MARK}]*)(?P<rest>.*)$"
)
_BLANK_BESIDE_JAPANESE = re.compile("(?<=[ぁ-ヿ一-龠々]) | (?=[ぁ-ヿ一-龠々])")


def company_name_keys(names: Any) -> Any:
    """What can be told from each name alone, as a StructArray of the type `KEYS`.

    `folded` is the name in one width, case and punctuation; `core` what is left of it without
    legal form and branch; `form` a code of `legal_forms.yaml`, `form_position` front, back or
    empty; `unit` the branch or department; `seat` the prefecture or county that tells where a
    municipality is. For comparison: `skeleton`, the core in new characters without punctuation
    and long vowels; `spoken`, the same with Latin letters read out; and `key`, equal only where
    core, form and position are. These are null where nothing is left of the name. `several` is
    whether it names a group or a list.
    """
    array = flat(names)
    encoded = array.cast(pa.string()).dictionary_encode()
    return _keys_of(encoded.dictionary).take(encoded.indices)


def _keys_of(distinct: Texts) -> Any:
    one_line = pc.replace_substring_regex(distinct, r"\s+", " ")
    plain = folded("\n".join(one_line.to_pylist()))
    marked = _HERALD.sub("", _AND_OTHERS.sub("", forms().mark(plain)))
    parts = pc.extract_regex(_lines(mark_bodies()(forms().mark_units(marked))), _PARTS)
    seat, before, mark, after, rest = (
        pc.struct_field(parts, name) for name in ("seat", "before", "mark", "after", "rest")
    )
    in_front = pc.and_(pc.equal(before, ""), pc.not_equal(mark, ""))
    # The ninth vehicle of a series is 合同会社9, not a branch of the series.
    serial = pc.match_substring_regex(after, "^ ?[0-9ivx]+号?$")
    behind = pc.if_else(serial, pc.binary_join_element_wise(before, after, ""), before)
    after = pc.if_else(pc.and_(serial, pc.invert(in_front)), "", after)
    listed = pc.and_(in_front, pc.match_substring_regex(rest, f"[{MARKS}]"))
    first = pc.replace_substring_regex(after, "[,/].*$", "")
    name = pc.if_else(listed, first, pc.if_else(in_front, after, behind))
    unit = pc.if_else(in_front, rest, pc.binary_join_element_wise(after, rest, ""))
    core = _lines(_BLANK_BESIDE_JAPANESE.sub("", _text(pc.utf8_trim(name, " ,.・-/:'"))))
    equal = _lines(equality_form(_text(core)))
    equal = pc.if_else(pc.equal(equal, ""), None, equal)
    form, position = _form_and_position(mark, in_front)
    return pa.StructArray.from_arrays(
        [
            _lines(plain),
            core,
            form,
            position,
            pc.utf8_trim(pc.replace_substring_regex(unit, rf"[{MARKS}{UNIT_MARK}]", ""), " ,.・-/"),
            pc.fill_null(seat, ""),
            pc.binary_join_element_wise(equal, form, position, "|"),
            pc.replace_substring(equal, "ー", ""),
            pc.if_else(pc.is_null(equal), None, _lines(spoken(_text(pc.fill_null(equal, ""))))),
            pc.or_(_is_list(after, unit), pc.match_substring_regex(_lines(plain), _JOINT)),
        ],
        fields=list(KEYS),
    )


def _is_list(after: Texts, unit: Texts) -> Any:
    """Where names of several companies stand: `A社、B社`."""
    parted = pc.or_(
        pc.match_substring_regex(after, "[/,・]"), pc.match_substring_regex(unit, "^[/,・]")
    )
    return pc.and_(parted, pc.match_substring_regex(unit, f"[{MARKS}]"))


def _form_and_position(mark: Texts, in_front: Any) -> tuple[Texts, Texts]:
    marks = pa.array([chr(FIRST_MARK + index) for index in range(len(forms().codes))])
    form = pc.fill_null(pa.array(forms().codes).take(pc.index_in(mark, marks)), "")
    position = pc.if_else(in_front, "front", pc.if_else(pc.equal(mark, ""), "", "back"))
    return form, position


def _text(lines: Texts) -> str:
    return "\n".join(lines.to_pylist())


def _lines(text: str) -> Texts:
    return pa.array(text.split("\n"), pa.string())
