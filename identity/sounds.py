"""Writes how company names sound, so that 霞波システム and Kasumiha System meet on one domain.

The consonants are what two scripts share best: システム and System differ in their vowels alone.
"""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa

from identity.names.reading import spoken_words
from identity.names.transliteration import romaji_key
from identity.normalise import Parser
from identity.parsing import parse
from identity.steps import Steps

_JAPANESE = re.compile("[ぁ-ゖァ-ヺー一-鿿々]")
_NOT_PLAIN = re.compile("[^a-z0-9]")
_SOFT = re.compile("[aeiouyw]")
_DOUBLED = re.compile(r"(.)\1+")
_ALIKE = (
    *(("sh", "s"), ("ch", "t"), ("ts", "t"), ("ph", "h"), ("x", "ks"), ("l", "r"), ("v", "b")),
    *(("c", "k"), ("q", "k"), ("f", "h"), ("j", "z")),
)

# Names that meet others on a domain, or stand in a record of a company.
_NAMES = """
create or replace temp table sounding as
select '=' || skeleton as name, min(core) as core
from (
    select skeleton, core from {work}.person_record
    union
    select skeleton, core from {work}.company_record
)
where '=' || skeleton in (
    select name from {work}.named_domain
    where domain in (select domain from {work}.named_domain group by domain having count(*) > 1)
    union
    select node from {work}.company_evidence where kind = 'name'
    union
    select owner from {work}.domain_owner
    where domain in (select node from {work}.company_evidence)
)
group by skeleton
"""

_SOUNDS = """
select name, is_japanese, spoken, sound
from sounding join {work}.seen_core as seen on seen.raw = coalesce(core, '')
"""


def write_sounds(steps: Steps) -> None:
    """Write `name_sound`: name, is_japanese, spoken (in letters), sound (its consonants)."""
    steps.execute(_NAMES)
    texts = "select coalesce(core, '') as raw from sounding"
    parse(steps.session, steps.work, "core", texts, Parser(("raw",), _sounds))
    steps.make("name_sound", _SOUNDS)


def _sounds(texts: Any) -> dict[str, Any]:
    cores = texts["raw"].to_pylist()
    japanese = [bool(_JAPANESE.search(core)) for core in cores]
    spoken = [
        _NOT_PLAIN.sub("", spoken_words(core) if is_japanese else romaji_key(core))
        for core, is_japanese in zip(cores, japanese, strict=True)
    ]
    return {
        "is_japanese": pa.array(japanese, pa.bool_()),
        "spoken": pa.array(spoken, pa.string()),
        "sound": pa.array([consonants(text) for text in spoken], pa.string()),
    }


def consonants(spoken: Any) -> str:
    """The consonants of a name in Latin letters, those that scripts confuse made one."""
    text = str(spoken)
    for one, other in _ALIKE:
        text = text.replace(one, other)
    return _DOUBLED.sub(r"\1", _SOFT.sub("", text))
