"""Reads names of public bodies: the place that tells them apart, the body, and its organ."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import yaml

from identity.names.company_forms import MARKS, UNIT_MARK

# Stands behind the prefecture or county that only tells where the municipality is.
SEAT_MARK = "\uf8fe"

Rewrite = Callable[[str], str]


@cache
def mark_bodies() -> Rewrite:
    """Marks seat and organ in those lines that hold no legal form and name a public body."""
    document = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    any_of = {name: "|".join(map(re.escape, texts)) for name, texts in document.items()}
    whole = rf"(?![^\n]*(?:[{MARKS}]|{any_of['own']}))"
    end = rf"(?=$|{UNIT_MARK})"
    prefecture = re.compile(
        rf"^({any_of['prefectures']})(?=立|[^\n]*(?:{any_of['prefectural_organs']}){end})"
        rf"(?![^\n]*[市区町村]){whole}",
        re.MULTILINE,
    )
    municipality = re.compile(
        rf"^((?:{any_of['prefectures']})?(?:[一-龠]{{1,4}}郡)?)"
        rf"([^\n{MARKS}{UNIT_MARK} ]{{1,6}}?[市区町村])"
        rf"(?={end}|立|民病院{end}|[^\n]{{0,12}}(?:{any_of['municipal_organs']}){end})"
        rf"{whole}",
        re.MULTILINE,
    )
    state = re.compile(
        rf"^(?:(?:{any_of['ministries']})?({any_of['agencies']})|({any_of['ministries']})){whole}",
        re.MULTILINE,
    )
    central = re.compile(rf"^({any_of['ministries'].replace('省', '')})本省$", re.MULTILINE)

    def rewrite(text: str) -> str:
        text = central.sub(r"\1省", text)
        text = state.sub(lambda found: (found[1] or found[2]) + UNIT_MARK, text)
        text = prefecture.sub(rf"\1{UNIT_MARK}", text)
        return municipality.sub(rf"\1{SEAT_MARK}\2{UNIT_MARK}", text)

    return rewrite
