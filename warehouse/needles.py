"""Finds in texts what tells of one person, and masks it; for SQL and for Python alike."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

ERASED = "[erased]"
# A number or id that is shorter stands for too many other things to be looked for by itself.
LEAST_REFERENCE = 10
_LEAST_DIGITS = 8
# RE2: the fields in which tools keep a person's own addresses; the first group is what they hold.
OWN_ADDRESS = (
    r'(?i)"(?:hs_additional_|work_?|other_?|alt_?)?e?mails?(?:_?address(?:es)?)?"'
    r'\s*:\s*"([^"]*@[^"]*)"'
)

# DuckDB's expressions look neither back nor ahead: what stands around is matched and put back.
# Before an address there may be the letter of an escape, as in `\nname@mail.example`.
_BEFORE_ADDRESS = r"(^|[^A-Za-z0-9._%+-]|\\[bfnrt]|\\u[0-9a-fA-F]{4})"
_BEHIND_ADDRESS = r"($|[^A-Za-z0-9.-]|[.](?:$|[^A-Za-z0-9]))"
_AT = r"(?:@|%40|\\u0040)"
_BETWEEN_DIGITS = r"[ ().\-\x{2010}\x{2011}\x{30fc}\x{ff0d}/]*"
_BETWEEN_NAMES = r"[ \t\x{3000}\x{00a0}]"
_NEVER = r"[^\s\S]"


@dataclass(frozen=True)
class Needles:
    """What a person is known by: addresses, telephone numbers, full names, and ids of records.

    Addresses and numbers are looked for everywhere, names only in rows that tell of the person by
    something else: a name can be another's.
    """

    emails: tuple[str, ...]
    phones: tuple[str, ...]
    names: tuple[str, ...]
    references: tuple[str, ...]

    @cached_property
    def identifiers(self) -> str:
        """RE2: an address or number, with what stands around it as the groups 1 and 2."""
        found = [_address(one) for one in self.emails]
        found += [digits for one in self.phones if (digits := _number(one))]
        if not found:
            return f"()({_NEVER})"
        return f"(?i){_BEFORE_ADDRESS}(?:{'|'.join(found)}){_BEHIND_ADDRESS}"

    @cached_property
    def full_names(self) -> str:
        """RE2: a full name, in any case."""
        found = [_name(one) for one in self.names if _is_whole(one)]
        return f"(?i)(?:{'|'.join(found)})" if found else _NEVER

    @cached_property
    def ids(self) -> str:
        """RE2: a person's or record's id, long enough to stand for nothing else."""
        # A longer one first: a reference holds the record's id.
        found = sorted(self._long, key=len, reverse=True)
        return rf"\b(?:{'|'.join(map(re.escape, found))})\b" if found else _NEVER

    @cached_property
    def bare_numbers(self) -> str:
        """RE2: such an id that stands in JSON as a number, with what is around it as groups."""
        found = [one for one in self._long if one.isdecimal()]
        return rf"([:\[,]\s*)(?:{'|'.join(found)})(\s*[,\]}}])" if found else f"()({_NEVER})"

    @property
    def _long(self) -> list[str]:
        return [one for one in self.references if len(one) >= LEAST_REFERENCE]

    def is_told_by(self, text: str) -> bool:
        """Whether a text tells of the person by more than a name."""
        return bool(_re(self.identifiers).search(text) or _re(self.ids).search(text))

    def masked(self, text: str) -> str:
        """The text of a row that tells of the person, without anything of theirs."""
        # Of two matches beside each other the first takes what stands between.
        for _ in range(2):
            text = _re(self.identifiers).sub(rf"\1{ERASED}\2", text)
            if text[:1] in {"{", "["}:
                text = _re(self.bare_numbers).sub(r"\1null\2", text)
        text = _re(self.full_names).sub(ERASED, text)
        return _re(self.ids).sub(ERASED, text)

    def as_json(self) -> dict[str, Any]:
        return {
            "emails": list(self.emails),
            "phones": list(self.phones),
            "names": list(self.names),
            "references": list(self.references),
        }

    @classmethod
    def of(cls, told: dict[str, Any]) -> Needles:
        return cls(*(tuple(told[name]) for name in ("emails", "phones", "names", "references")))


def _re(pattern: str) -> re.Pattern[str]:
    # Python writes a character by its number otherwise than RE2, and caches what it compiled.
    return re.compile(re.sub(r"\\x\{([0-9a-f]{4})\}", r"\\u\1", pattern), re.ASCII | re.IGNORECASE)


def _address(email: str) -> str:
    local, _, domain = email.rpartition("@")
    return _spelt(local) + _AT + _spelt(domain)


def _number(phone: str) -> str | None:
    """A telephone number, however it is grouped; None for one that is too short to be unique."""
    digits = re.sub(r"\D", "", phone)
    if len(digits) < _LEAST_DIGITS:
        return None
    return r"\+?" + _BETWEEN_DIGITS.join(digits)


def _name(name: str) -> str:
    parts = [_spelt(one) for one in name.split()]
    # Scripts without spaces may be written with and without one.
    gap = f"{_BETWEEN_NAMES}+" if name.isascii() else f"{_BETWEEN_NAMES}*"
    edge = r"\b" if name.isascii() else ""
    return edge + gap.join(parts) + edge


def _is_whole(name: str) -> bool:
    """Whether a name has at least two parts of letters: a part alone is everybody's."""
    return sum(any(map(str.isalpha, part)) for part in name.split()) > 1


def _spelt(text: str) -> str:
    """A text as it is, or with its letters beyond ASCII escaped as JSON may have them."""
    return "".join(
        re.escape(letter) if letter.isascii() else f"(?:{letter}|{_escaped(letter)})"
        for letter in text
    )


def _escaped(letter: str) -> str:
    units = letter.encode("utf-16-be")
    numbers = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
    return "".join(rf"\\u{number}" for number in numbers)


def different(values: Iterable[str | None]) -> tuple[str, ...]:
    """What is not empty, each once, in an order that is always the same."""
    return tuple(sorted({one.strip() for one in values if one and one.strip()}))
