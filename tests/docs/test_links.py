"""What the pages point at is there."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import anchors, links, pages, read, spans
from warehouse.settings import PROJECT_ROOT

# Made by running, so not in a fresh clone.
MADE = (".revops", ".venv", ".env", "company", "export")
LOOKS_LIKE_A_PATH = re.compile(
    r"[A-Za-z0-9_.][\w.\-]*(/[\w.*<>\-]+)+/?|[\w.\-]+\.(py|toml|md|yaml|lock)"
)


def repository_paths(text: str) -> list[str]:
    """Code spans that name something of the repository, without placeholders."""
    roots = {path.name for path in PROJECT_ROOT.iterdir()} - set(MADE)
    named = [span for span in spans(text) if LOOKS_LIKE_A_PATH.fullmatch(span) and "<" not in span]
    return [span for span in named if span.split("/")[0] in roots]


@pytest.mark.parametrize("page", pages())
def test_links_resolve(page: str) -> None:
    folder = (PROJECT_ROOT / page).parent
    broken = []
    for link in links(read(page)):
        target, _, anchor = link.partition("#")
        path = (folder / target).resolve() if target else PROJECT_ROOT / page
        missing_anchor = (
            anchor and path.is_file() and anchor not in anchors(path.read_text("utf-8"))
        )
        if not link.startswith("http") and (not path.exists() or missing_anchor):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", pages())
def test_paths_exist(page: str) -> None:
    assert [p for p in repository_paths(read(page)) if not list(PROJECT_ROOT.glob(p))] == []


def test_the_pages_name_many_paths() -> None:
    assert sum(len(repository_paths(text)) for text in pages().values()) > 100


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), ["README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        folder = (PROJECT_ROOT / page).parent
        local = [link.split("#")[0] for link in links(read(page)) if not link.startswith("http")]
        targets = [(folder / link).resolve() for link in local if link.endswith(".md")]
        waiting += [str(target.relative_to(PROJECT_ROOT)) for target in targets]
    decisions = {page for page in pages() if page.startswith("docs/decisions/")}
    assert set(pages()) - decisions - {"AGENTS.md"} <= reached
