"""Who visits: one row per browser, with what it may one day say about its user."""

import json
from dataclasses import dataclass

from sandbox.generation.customer import Customer, KnownPerson
from sandbox.generation.people import Person
from sandbox.generation.product import product_customer_id, product_user_id, visitor_id


@dataclass(frozen=True)
class Visitor:
    """A browser; `user` is empty where its user never says who they are.

    `traits` is what an identify call says of the user, `group_traits` what a group call says of the
    customer, both as JSON.
    """

    anonymous: str
    person: str
    user: str = ""
    traits: str = ""
    group: str = ""
    group_traits: str = ""
    is_japanese: bool = False


def visitor_of(customer: Customer, known: KnownPerson, device: int, *, says: bool) -> Visitor:
    """A person's browser; users of the product also say to which customer they belong."""
    person, company = known.person, customer.presence.company
    anonymous = visitor_id(person.key, device)
    if not says:
        return Visitor(anonymous, person.key, is_japanese=person.japanese)
    buys = customer.is_paying
    return Visitor(
        anonymous,
        person.key,
        product_user_id(person.key),
        _json({"email": person.email, "name": _name(person), "company": company.latin}),
        product_customer_id(company.key) if buys else "",
        _json({"name": company.latin, "domain": company.domain}) if buys else "",
        person.japanese,
    )


def _name(person: Person) -> str:
    return f"{person.family} {person.given}" if person.japanese else person.given_latin


def _json(traits: dict[str, str]) -> str:
    return json.dumps(traits, ensure_ascii=False, separators=(",", ":"))
