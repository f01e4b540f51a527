"""Draws people and noisy records of them, with birth dates and addresses, for tests of scoring."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pyarrow as pa

from identity.vocabulary import MANY, SINGLE

_GIVEN = "anna bert carla david erika franz greta hans inge jonas karin lukas maria nils olga paul"
_FAMILY = "adler baumann curtius dietrich ebers fontane gerber hoffmann ibach jansen keller lenz"
_STREETS = "bahnhofstrasse gartenweg hauptstrasse lindenallee marktplatz schulstrasse"


def drawn(entities: int, seed: int) -> pa.Table:
    """Records with the columns of the vocabulary and `truth`, one to four per entity, shuffled."""
    draw = random.Random(seed)
    rows = [
        {**_noisy(draw, person), "truth": str(number)}
        for number, person in enumerate(_person(draw) for _ in range(entities))
        for _ in range(draw.randint(1, 4))
    ]
    draw.shuffle(rows)
    return table([{"record": f"r{place}", **row} for place, row in enumerate(rows)])


def table(rows: Sequence[Mapping[str, str | None]]) -> pa.Table:
    """An input relation of people: what a row does not give is null."""
    texts = ("record", "source", "truth", *SINGLE["person"])
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in texts}
    none = pa.nulls(len(rows), pa.list_(pa.string()))
    return pa.table({**columns, **dict.fromkeys(MANY.values(), none)})


def _person(draw: random.Random) -> dict[str, str | None]:
    born = f"{draw.randint(1900, 1999)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    return {
        "given_name": draw.choice(_GIVEN.split()),
        "family_name": draw.choice(_FAMILY.split()),
        "birth_date": born,
        "street": f"{draw.randint(1, 199)} {draw.choice(_STREETS.split())}",
        "postcode": f"{draw.randint(10000, 99999)}",
    }


def _noisy(draw: random.Random, person: dict[str, str | None]) -> dict[str, str | None]:
    row = dict(person)
    field = draw.choice(list(row))
    value = row[field] or ""
    place = draw.randrange(len(value))
    typo = value[:place] + draw.choice("0123456789" if value[place].isdigit() else "aeiou")
    row[field] = draw.choice([value, None, typo + value[place + 1 :]])
    return row
