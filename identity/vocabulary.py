"""The fields of a person and of a company: the columns of every relation of records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Entity = Literal["person", "company"]

# Fields of one value, and fields of many, by the name of their column in the input relations.
SINGLE: Mapping[Entity, tuple[str, ...]] = {
    "person": (
        *("given_name", "family_name", "full_name", "reading", "birth_date", "gender"),
        *("occupation", "title", "identifier", "street", "city", "prefecture", "postcode"),
        *("country", "locale", "company", "company_reading", "corporate_number"),
        "company_record",
    ),
    "company": (
        *("name", "reading", "name_latin", "corporate_number", "street", "city", "prefecture"),
        *("postcode", "country", "industry"),
        "parent_record",
    ),
}
MANY: Mapping[str, str] = {
    "email": "emails",
    "phone": "phones",
    "website": "websites",
    "links": "links",
}
