"""People at the companies, and how each tool spells them."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from sandbox.generation.companies import Company
from sandbox.generation.spelling import mailbox_part
from sandbox.generation.words import (
    ENGLISH_FAMILIES,
    ENGLISH_GIVENS,
    ENGLISH_TITLES,
    FREE_MAIL,
    JAPANESE_FAMILIES,
    JAPANESE_GIVENS,
    JAPANESE_TITLES,
    NICKNAMES,
)


@dataclass(frozen=True)
class Person:
    """One person of the truth; `private_email` is the free-mail address they sometimes give."""

    key: str
    japanese: bool
    family: str
    given: str
    family_latin: str
    given_latin: str
    email: str
    private_email: str
    title: str
    phone: str


def _names(rng: Random, *, japanese: bool) -> tuple[str, str, str, str]:
    if japanese:
        (family, family_latin), (given, given_latin) = (
            rng.choice(JAPANESE_FAMILIES),
            rng.choice(JAPANESE_GIVENS),
        )
        return family, given, family_latin, given_latin
    family, given = rng.choice(ENGLISH_FAMILIES), rng.choice(ENGLISH_GIVENS)
    return family, given, family, given


def _phone(rng: Random, *, japanese: bool) -> str:
    if japanese:
        digits = f"{rng.randint(1000, 9999)}-{rng.randint(1000, 9999)}"
        return rng.choice((f"03-{digits}", f"+81 3 {digits}", f"０３－{digits}"))
    return f"+1 555-01{rng.randint(0, 99):02d}"


def make_person(rng: Random, number: int, domain: str, *, japanese: bool) -> Person:
    """Person number `number`, with an address at `domain`; unique by that number."""
    family, given, family_latin, given_latin = _names(rng, japanese=japanese)
    first, last = mailbox_part(given_latin), mailbox_part(family_latin)
    local = rng.choice((f"{first}.{last}", f"{first[0]}.{last}", f"{last}", f"{last}-{first[0]}"))
    return Person(
        key=f"person-{number:06d}",
        japanese=japanese,
        family=family,
        given=given,
        family_latin=family_latin,
        given_latin=given_latin,
        email=f"{local}@{domain}",
        private_email=f"{first}{last}{number}@{rng.choice(FREE_MAIL)}",
        title=rng.choice(JAPANESE_TITLES if japanese else ENGLISH_TITLES),
        phone=_phone(rng, japanese=japanese),
    )


def people_at(rng: Random, company: Company, first_number: int) -> Iterator[Person]:
    """The people at one company, each with an address nobody else there has."""
    taken: set[str] = set()
    for offset in range(1 + min(11, int(rng.expovariate(1 / 3.9)))):
        japanese = company.japanese if rng.random() < 0.93 else not company.japanese
        person = make_person(rng, first_number + offset, company.domain, japanese=japanese)
        if person.email not in taken:
            taken.add(person.email)
            yield person


def first_and_last(rng: Random, person: Person) -> tuple[str, str]:
    """First and last name as one form received them: script, nickname or swapped fields."""
    if person.japanese and rng.random() < 0.65:
        first, last = person.given, person.family
    else:
        first, last = person.given_latin, person.family_latin
        if rng.random() < 0.3:
            first = NICKNAMES.get(first, first)
    return (last, first) if person.japanese and rng.random() < 0.07 else (first, last)


def full_name(rng: Random, person: Person) -> str:
    """One name field: family first in Japanese, either order in Latin letters."""
    if person.japanese and rng.random() < 0.65:
        return person.family + rng.choice((" ", "　", "")) + person.given
    if rng.random() < 0.15:
        return f"{person.family_latin} {person.given_latin}"
    return f"{person.given_latin} {person.family_latin}"
