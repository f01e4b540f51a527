"""Turns texts into keys: by what each kind of text is parsed, a column of them at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jaconv
import numpy as np
import pyarrow as pa
import pyarrow.compute

from identity import contact_points, places
from identity.names.company import company_name_keys
from identity.names.person import distinct_name_keys
from identity.rules import rules
from warehouse.domains import registrable_domains

# Its functions are made at run time; its stubs know a part of them.
pc: Any = pyarrow.compute

Columns = dict[str, Any]
_TEXT = pa.string()

_BARE = r"^(?P<domain>[\pL\d\-]+(?:\.[\pL\d\-]+)+)$"
_HAN = re.compile("[一-龥]")
_NAME_FIELDS = ("given_name", "family_name", "full_name", "reading")


@dataclass(frozen=True)
class Parser:
    """One kind of text: the columns that are parsed together, and what is made of them."""

    inputs: tuple[str, ...]
    parse: Callable[[Any], Columns]


def _emails(texts: Any) -> Columns:
    found = contact_points.emails(texts["raw"])
    local, domain = found.field("local"), found.field("domain")
    # A list of companies may give the domain of their mail alone.
    bare = pc.struct_field(pc.extract_regex(contact_points.folded(texts["raw"]), _BARE), "domain")
    hosts = registrable_domains(pc.coalesce(domain, bare))
    listed = rules()["placeholders"]
    nobodys = pc.is_in(domain, value_set=pa.array(listed["mail_domains"]))
    nobody = pc.is_in(local, value_set=pa.array(listed["mail_locals"]))
    words = pc.utf8_trim(pc.replace_substring_regex(local, r"[^\pL]+", " "), characters=" ")
    role = pc.replace_substring_regex(local, r"[\d\-_.]+$", "")
    return {
        "mailbox": found.field("mailbox"),
        "local": local,
        "host": hosts,
        "host_kind": pc.if_else(nobodys, "placeholder", _host_kinds(domain, hosts)),
        "is_placeholder": pc.or_(nobody, nobodys),
        "is_role": pc.is_in(role, value_set=pa.array(sorted(contact_points.role_mailboxes()))),
        "digits": pc.replace_substring_regex(local, r"\D", ""),
        "words": words,
        "letters": pc.replace_substring(letters(local), " ", ""),
        "tokens": letters(words),
    }


def _host_kinds(domains: Any, hosts: Any) -> Any:
    kinds = contact_points.mail_hosts()
    found = [
        kinds.get(domain or "") or kinds.get(host or "")
        for domain, host in zip(domains.to_pylist(), hosts.to_pylist(), strict=True)
    ]
    return pa.array(found, pa.string())


def _phones(texts: Any) -> Columns:
    regions = places.regions(texts["country"], texts["locale"])
    found = contact_points.phones(texts["raw"], regions)
    return {name: found.field(name) for name in ("number", "extension")}


def _sites(texts: Any) -> Columns:
    hosts = registrable_domains(texts["raw"])
    return {"host": hosts, "host_kind": _host_kinds(hosts, hosts)}


def _numbers(texts: Any) -> Columns:
    return {"number": contact_points.corporate_numbers(texts["raw"])}


def _companies(texts: Any) -> Columns:
    keys = company_name_keys(texts["raw"])
    words = pa.array(rules()["placeholders"]["words"])
    none = pc.is_in(contact_points.folded(texts["raw"]), value_set=words)
    nothing = pa.scalar(None, pa.string())
    columns = {
        name: pc.if_else(none, nothing, keys.field(name))
        for name in ("core", "form", "form_position", "skeleton")
    }
    named = pc.replace_substring_regex(columns["core"], r"^the ", "")
    article = pc.starts_with(columns["core"], "the ")
    columns["skeleton"] = pc.if_else(
        article, pc.utf8_slice_codeunits(columns["skeleton"], 3), columns["skeleton"]
    )
    return columns | {"letters": latin(named)}


def latin(names: Any) -> Any:
    """Names in letters and kana as a domain spells them; null where there is any other script."""
    texts = [None if name is None or _HAN.search(name) else name for name in names.to_pylist()]
    kana = {name for name in texts if name and not name.isascii()}
    roman = _roman(sorted(kana))
    plain = (
        name and ("".join(filter(str.isalnum, roman.get(name, name))) or None) for name in texts
    )
    return pa.array([name if name is None or name.isascii() else None for name in plain], _TEXT)


def _roman(names: list[str]) -> dict[str, str]:
    """Names with kana in letters. A doubled consonant looks beyond its own name, so alone."""
    hiragana = _at_once(jaconv.kata2hira, [name.replace("ー", "") for name in names])
    written = dict(zip(names, hiragana, strict=True))
    plain = [name for name, kana in written.items() if "っ" not in kana]
    letters_of = _at_once(jaconv.kana2alphabet, [written[name] for name in plain])
    alone = {name: jaconv.kana2alphabet(kana) for name, kana in written.items() if "っ" in kana}
    return alone | dict(zip(plain, letters_of, strict=True))


def _at_once(rewrite: Callable[[str], str], lines: list[str]) -> list[str]:
    return rewrite("\n".join(lines)).split("\n") if lines else []


def _prefectures(texts: Any) -> Columns:
    return {"prefecture": places.prefectures(texts["raw"])}


# Spellings of one long vowel or syllable. Other than `romaji_key` this works on any piece of a
# word, as mailboxes are made of pieces.
_SPELLINGS = (("ou", "o"), ("oo", "o"), ("uu", "u"), ("ii", "i"), ("si", "shi"))


def letters(texts: Any) -> Any:
    """Latin letters and blanks alone, the spellings of one long vowel or syllable made one."""
    plain = pc.replace_substring_regex(pc.utf8_lower(texts), "[^a-z ]", "")
    for spelled, one in _SPELLINGS:
        plain = pc.replace_substring(plain, spelled, one)
    return plain


def _letters_of_lists(lists: Any) -> Any:
    return pa.ListArray.from_arrays(
        pc.fill_null(lists.offsets, 0), _in_order(letters(lists.values)), mask=pc.is_null(lists)
    )


def _in_order(keys: Any) -> Any:
    """The words of each key in alphabetical order."""
    return pa.array([key and " ".join(sorted(key.split())) for key in keys.to_pylist()], _TEXT)


def _names(texts: Any) -> Columns:
    """Keys of names with all readings in `letters`.

    `families` is what may be the family name: of a name in letters or kana, nobody knows for sure
    which part it is. `said` is the reading of both parts, null where one is unknown; `readings`
    also has the guesses. `spelled` is everything known of the reading without blanks.
    """
    fields = (texts[name] for name in _NAME_FIELDS)
    keys, places = distinct_name_keys(*fields, spelled=letters)
    return {name: column.take(places) for name, column in _readable(keys).items()}


def _readable(keys: Any) -> Columns:
    latin_names = pc.equal(keys.field("script"), "latin")
    given = letters(keys.field("given_reading"))
    reading = pc.if_else(latin_names, keys.field("token_key"), keys.field("reading_key"))
    nothing = pa.scalar(None, _TEXT)
    known = pc.if_else(keys.field("is_full"), _in_order(letters(reading)), nothing)
    family = letters(keys.field("family_reading"))
    return {
        **{name: keys.field(name) for name in ("token_key", "script", "family", "is_full")},
        "given": pc.replace_substring_regex(keys.field("given"), " .*$", ""),
        "families": _families(keys, family, given),
        "family_reading": family,
        "given_reading": given,
        "said": known,
        "readings": keys.field("reading_keys"),
        "spelled": pc.replace_substring(
            pc.binary_join_element_wise(pc.fill_null(family, ""), pc.fill_null(given, ""), ""),
            " ",
            "",
        ),
    }


def _families(keys: Any, family: Any, given: Any) -> Any:
    """What a dictionary guesses of a name in characters; else its parts longer than a letter."""
    parts = pa.concat_arrays([family, given]).take(
        pa.array(np.arange(2 * len(keys)).reshape(2, -1).T.ravel())
    )
    is_part = pc.greater(pc.fill_null(pc.utf8_length(parts), 0), 1)
    ends = np.concatenate([[0], np.cumsum(is_part.to_numpy(zero_copy_only=False))])
    shown = pa.ListArray.from_arrays(pa.array(ends[::2], pa.int32()), parts.filter(is_part))
    guessed = _letters_of_lists(keys.field("family_readings"))
    families = pc.if_else(pc.equal(keys.field("script"), "han"), guessed, shown)
    return pc.if_else(pc.equal(pc.list_value_length(families), 0), None, families)


PARSERS = {
    "email": Parser(("raw",), _emails),
    "phone": Parser(("raw", "country", "locale"), _phones),
    "site": Parser(("raw",), _sites),
    "number": Parser(("raw",), _numbers),
    "company": Parser(("raw",), _companies),
    "prefecture": Parser(("raw",), _prefectures),
    "name": Parser(_NAME_FIELDS, _names),
}
