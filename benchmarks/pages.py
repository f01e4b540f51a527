"""Renders HubSpot-shaped contacts once: the pages that the server sends, and the floor's lines."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

PAGE = 100
FIRST_ID = 20_000_000_001
_BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
_FAMILIES = ("Sato", "鈴木", "Barlow", "髙田", "Müller", "O'Hanlon", "Carrick", "van der Meer")
_GIVENS = ("Haruto", "陽子", "Clara", "Benjamin", "さくら", "Dominic", "Yuko", "Isaac")
_TITLES = ("CEO", "営業部長", "Head of IT", "Procurement Manager", "DX推進室 室長", None)
_STAGES = ("lead", "marketingqualifiedlead", "opportunity", "customer", "other")
_SOURCES = ("ORGANIC_SEARCH", "EMAIL_MARKETING", "REFERRALS", "OFFLINE", "PAID_SEARCH", None)


@dataclass(frozen=True)
class Rendered:
    """Where the rendered contacts lie.

    `pages` holds the bodies one behind the other and `places` their ends as 8-byte integers;
    `lines` holds one record per line, where that was asked for.
    """

    pages: Path
    places: Path
    lines: Path


def contact(number: int, rng: Random) -> dict[str, Any]:
    """Contact `number` with fifteen properties; one in twenty has no address."""
    record_id = str(FIRST_ID + number * 3)
    created = _BEGAN + timedelta(seconds=rng.randint(0, 60_000_000))
    updated = created + timedelta(milliseconds=rng.randint(0, 20_000_000_000))
    family, given = rng.choice(_FAMILIES), rng.choice(_GIVENS)
    company = rng.randint(1, 60_000)
    return {
        "id": record_id,
        "properties": {
            "associatedcompanyid": str(15_000_000_000 + company * 7),
            "company": f"Company {company} K.K.",
            "country": rng.choice(("Japan", "日本", "United Kingdom", None)),
            "createdate": _instant(created),
            "email": f"p{number}@c{company}.example" if rng.random() < 0.95 else None,
            "firstname": given,
            "hs_analytics_source": rng.choice(_SOURCES),
            "hs_merged_object_ids": record_id + ";1" if rng.random() < 0.02 else None,
            "hs_object_id": record_id,
            "hubspot_owner_id": str(70_000_000 + rng.randint(1, 8) * 137),
            "jobtitle": rng.choice(_TITLES),
            "lastmodifieddate": _instant(updated),
            "lastname": family,
            "lifecyclestage": rng.choice(_STAGES),
            "phone": f"+81 3 {rng.randint(1000, 9999)}-{rng.randint(1000, 9999)}",
        },
        "createdAt": _instant(created),
        "updatedAt": _instant(updated),
        "archived": False,
    }


def render(folder: Path, rows: int, *, lines: bool = False) -> Rendered:
    """Write `rows` contacts into `folder` unless they are there; the same for every run."""
    made = Rendered(folder / f"{rows}.pages", folder / f"{rows}.places", folder / f"{rows}.ndjson")
    if made.places.is_file() and (made.lines.is_file() or not lines):
        return made
    folder.mkdir(parents=True, exist_ok=True)
    rng, encode = Random(7), msgspec.json.encode
    ends: list[int] = []
    with made.pages.open("wb") as pages, made.lines.open("wb") if lines else nullcontext() as kept:
        for start in range(0, rows, PAGE):
            records = [encode(contact(n, rng)) for n in range(start, min(start + PAGE, rows))]
            pages.write(page(records, start + PAGE if start + PAGE < rows else None))
            ends.append(pages.tell())
            if kept:
                kept.write(b"\n".join(records) + b"\n")
    made.places.write_bytes(b"".join(end.to_bytes(8, "little") for end in ends))
    return made


def page(records: list[bytes], after: int | None) -> bytes:
    """HubSpot's list answer over these records."""
    body = b'{"results":[' + b",".join(records) + b"]"
    if after is None:
        return body + b"}"
    return body + b"," + json.dumps({"paging": {"next": {"after": str(after)}}})[1:].encode()


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
