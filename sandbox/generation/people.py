"""People at the companies, and how each tool spells them."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.generation.chance import Chance
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

_SENIORITIES = {
    **dict.fromkeys(("代表取締役", "CEO", "VP Sales"), "executive"),
    **dict.fromkeys(("営業部長", "経理部長", "製造部 部長", "DX推進室 室長"), "director"),
    **dict.fromkeys(("Head of IT", "Finance Director", "Chief of Staff"), "director"),
    "情報システム部 課長": "manager",
    **dict.fromkeys(("Procurement Manager", "Marketing Manager", "Plant Manager"), "manager"),
    **dict.fromkeys(("Operations Lead", "Support Lead"), "manager"),
}


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

    @property
    def country(self) -> str:
        return "JP" if self.japanese else "US"

    @property
    def number(self) -> int:
        return int(self.key.rpartition("-")[2])


def _names(rng: Chance, *, japanese: bool) -> tuple[str, str, str, str]:
    if japanese:
        (family, family_latin), (given, given_latin) = (
            rng.choice(JAPANESE_FAMILIES),
            rng.choice(JAPANESE_GIVENS),
        )
        return family, given, family_latin, given_latin
    family, given = rng.choice(ENGLISH_FAMILIES), rng.choice(ENGLISH_GIVENS)
    return family, given, family, given


def _phone(rng: Chance, *, japanese: bool) -> str:
    if japanese:
        digits = f"{rng.randint(1000, 9999)}-{rng.randint(1000, 9999)}"
        return rng.choice((f"03-{digits}", f"+81 3 {digits}", f"０３－{digits}"))
    return f"+1 555-01{rng.randint(0, 99):02d}"


def make_person(rng: Chance, number: int, domain: str, *, japanese: bool) -> Person:
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


def people_at(rng: Chance, company: Company, first_number: int) -> Iterator[Person]:
    """The people at one company, each with an address nobody else there has."""
    taken: set[str] = set()
    for offset in range(1 + min(11, int(rng.expovariate(1 / 3.9)))):
        japanese = company.japanese if rng.random() < 0.93 else not company.japanese
        person = make_person(rng, first_number + offset, company.domain, japanese=japanese)
        name = f"{person.family_latin} {person.given_latin}" if rng.plain else person.email
        if taken.isdisjoint({person.email, name}):
            taken |= {person.email, name}
            yield person


def first_and_last(rng: Chance, person: Person) -> tuple[str, str]:
    """First and last name as one form received them: script, nickname or swapped fields."""
    if rng.plain:
        return person.given, person.family
    if person.japanese and rng.random() < 0.65:
        first, last = person.given, person.family
    else:
        first, last = person.given_latin, person.family_latin
        if rng.random() < 0.3:
            first = NICKNAMES.get(first, first)
    return (last, first) if person.japanese and rng.random() < 0.07 else (first, last)


def full_name(rng: Chance, person: Person) -> str:
    """One name field: family first in Japanese, either order in Latin letters."""
    if rng.plain:
        return plain_full_name(person)
    if person.japanese and rng.random() < 0.65:
        return person.family + rng.choice((" ", "　", "")) + person.given
    if rng.random() < 0.15:
        return f"{person.family_latin} {person.given_latin}"
    return f"{person.given_latin} {person.family_latin}"


def plain_full_name(person: Person) -> str:
    names = (person.family, person.given) if person.japanese else (person.given, person.family)
    return " ".join(names)


def seniority(title: str) -> str:
    """Whom a title makes of somebody."""
    return _SENIORITIES.get(title, "staff")
