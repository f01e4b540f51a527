"""What records are compared by: each field folded once, so that comparisons are plain SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute
from nicknames import NickNamer

from identity.columns import flat
from identity.contact_points import emails, phones
from identity.names.company import company_name_keys
from identity.places import regions
from warehouse.connection import Session
from warehouse.domains import registrable_domains

# Its stubs know neither every function nor scalars that are no arrays.
pc: Any = pyarrow.compute

# How many records have a feature; only features that some have.
Filled = Mapping[str, int]

# Per entity, feature -> the columns that it is made of, and its SQL. A feature is text, or a list
# of texts.
_Made = Mapping[str, tuple[tuple[str, ...], str]]
_PERSON: _Made = {
    "given": (("given_name",), "folded_words(given_name)"),
    "family": (("family_name",), "folded_words(family_name)"),
    "tokens": (
        ("given_name", "family_name", "full_name"),
        "name_tokens(concat_ws(' ', given_name, family_name, full_name))",
    ),
    "birth": (("birth_date",), "date_digits(birth_date)"),
    "gender": (("gender",), "folded_words(gender)"),
    "occupation": (("occupation",), "folded_words(occupation)"),
    "identifier": (("identifier",), "plain(identifier)"),
    "company": (("company",), "company_core(company)"),
}
_COMPANY: _Made = {
    "name": (("name",), "company_core(name)"),
    "identifier": (("corporate_number",), "plain(corporate_number)"),
    "industry": (("industry",), "folded_words(industry)"),
    "site": (("websites",), "host(websites[1])"),
}
_SHARED: _Made = {
    "mailbox": (("emails",), "mailbox(emails[1])"),
    "phone": (
        ("phones",),
        "phone_number(phones[1], coalesce(country, ''), coalesce({locale}, ''))",
    ),
    "street": (("street",), "folded_words(street)"),
    "city": (("city",), "folded_words(city)"),
    "prefecture": (("prefecture",), "folded_words(prefecture)"),
    "postcode": (("postcode",), "plain(postcode)"),
}


def features_of(session: Session, records: str, entity: str) -> Filled:
    """The features that a relation could have, by the columns that are filled."""
    made = _made(entity)
    columns = sorted({column for listed, _ in made.values() for column in listed})
    counted = ", ".join(f"count({column}) as {column}" for column in columns)
    (counts,) = session.rows(f"select {counted} from {records}")
    filled = {name: max(counts[x] for x in listed) for name, (listed, _) in made.items()}
    if entity == "person":
        filled["token_key"] = filled["tokens"]
    return {name: count for name, count in filled.items() if count}


def _made(entity: str) -> _Made:
    return {**(_PERSON if entity == "person" else _COMPANY), **_SHARED}


def make_features(
    session: Session, records: str, entity: str, into: str, *, without: Collection[str] = ()
) -> Filled:
    """Make the table `into`: number, record, source and the features of `entity`.

    Gives, per feature, how many records have it; those of `without` are null. Numbers run from 0
    in the order of the records' ids, so that nothing depends on the order of the input.
    """
    _functions(session)
    locale = "locale" if entity == "person" else "null"
    made = {name: sql.format(locale=locale) for name, (_, sql) in _made(entity).items()}
    made |= dict.fromkeys(without, "null::varchar")
    columns = ", ".join(f"{sql} as {name}" for name, sql in made.items())
    session.execute(f"""
        create or replace table {into} as
        select row_number() over (order by record) - 1 as number, record, source, {columns}
        from {records}
    """)
    _derive(session, entity, into)
    whole = ["token_key"] if entity == "person" else []
    counted = ", ".join(f"count({name}) as {name}" for name in [*made, *whole])
    (filled,) = session.rows(f"select {counted} from {into}")
    return {name: count for name, count in filled.items() if count}


def _derive(session: Session, entity: str, into: str) -> None:
    """Add what comparisons and blocking read beside the features themselves."""
    person = """
        , list_sort(tokens).array_to_string(' ') as token_key
        , given_forms(given) as forms
    """
    company = ", string_split(name, ' ') as tokens"
    session.execute(f"""
        create or replace table {into} as
        select *, postcode_area(postcode) as area, right(phone, 7) as phone_end,
            string_split(street, ' ') as street_words
            {person if entity == "person" else company}
        from {into} order by number
    """)


def _functions(session: Session) -> None:
    text = ["VARCHAR"]
    session.function("folded_words", folded_words, text, "VARCHAR")
    session.function("plain", plain, text, "VARCHAR")
    session.function("name_tokens", name_tokens, text, "VARCHAR[]")
    session.function("date_digits", date_digits, text, "VARCHAR")
    session.function("postcode_area", postcode_area, text, "VARCHAR")
    session.function("given_forms", given_forms, text, "VARCHAR[]")
    session.function("company_core", _company_core, text, "VARCHAR")
    session.function("mailbox", _mailbox, text, "VARCHAR")
    session.function("host", registrable_domains, text, "VARCHAR")
    session.function("phone_number", _phone, ["VARCHAR"] * 3, "VARCHAR")


def _none_if_empty(texts: Any) -> Any:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _bare(texts: Any) -> Any:
    """Width and case folded, Latin accents gone; the marks of kana stay."""
    apart = pc.utf8_lower(pc.utf8_normalize(flat(texts), form="NFKD"))
    without = pc.replace_substring_regex(apart, r"[\x{0300}-\x{036f}'’]", "")
    return pc.utf8_normalize(without, form="NFKC")


def folded_words(texts: Any) -> Any:
    """Letters and digits in lower case, words one blank apart; null where nothing is left."""
    words = pc.replace_substring_regex(_bare(texts), r"[^\pL\pN]+", " ")
    return _none_if_empty(pc.utf8_trim_whitespace(words))


def plain(texts: Any) -> Any:
    """Letters and digits in lower case and nothing between them."""
    return _none_if_empty(pc.replace_substring_regex(_bare(texts), r"[^\pL\pN]+", ""))


def name_tokens(texts: Any) -> Any:
    """The different words, sorted: a list per text."""
    words = folded_words(texts).to_pylist()
    return pa.array([sorted(set(one.split())) if one else None for one in words], _LIST)


_LIST = pa.list_(pa.string())


def date_digits(texts: Any) -> Any:
    """A date as YYYYMMDD, however it was written with the year first or last; typos stay in it."""
    bare = _bare(texts)
    last = pc.replace_substring_regex(bare, r"^\s*(\d{1,2})\D(\d{1,2})\D(\d{4})\b.*$", r"\3-\2-\1")
    one = pc.replace_substring_regex(last, r"^\s*(\d{4})\D+(\d)\D", r"\1-0\2-")
    two = pc.replace_substring_regex(one, r"^\s*(\d{4})\D+(\d\d)\D+(\d)\b", r"\1-\2-0\3")
    digits = pc.replace_substring_regex(two, r"\D+", "")
    return _none_if_empty(pc.utf8_slice_codeunits(digits, 0, 8))


def postcode_area(texts: Any) -> Any:
    """The part of a plain postcode that names a district.

    The longer half of digits alone, and all but the last three characters where letters stand too.
    """
    one = flat(texts)
    halves = {length: pc.utf8_slice_codeunits(one, 0, (length + 1) // 2) for length in range(3, 11)}
    area = pc.utf8_slice_codeunits(one, 0, -3)
    digits = pc.match_substring_regex(one, r"^\d+$")
    for length, half in halves.items():
        area = pc.if_else(pc.and_(digits, pc.equal(pc.utf8_length(one), length)), half, area)
    return _none_if_empty(area)


def given_forms(texts: Any) -> Any:
    """A given name and the names it is short for: two that share one may be one name."""
    coded = flat(texts).dictionary_encode()
    forms = [sorted({word, *_long_forms(word)}) for word in coded.dictionary.to_pylist()]
    return pa.array(forms, _LIST).take(coded.indices)


@cache
def _nicknames() -> NickNamer:
    return NickNamer()


def _long_forms(name: str) -> set[str]:
    return set(_nicknames().canonicals_of(name))


def _company_core(texts: Any) -> Any:
    return folded_words(pc.struct_field(company_name_keys(texts), "core"))


def _mailbox(texts: Any) -> Any:
    return pc.struct_field(emails(texts), "mailbox")


def _phone(texts: Any, countries: Any, locales: Any) -> Any:
    return pc.struct_field(phones(texts, regions(countries, locales)), "number")
