"""Reads the documentation as data: blocks, tables, links, headings and code spans."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.settings import PROJECT_ROOT

_FENCE = re.compile(r"^\s*```(.*)$")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block; `marks` are the words after its language."""

    page: str
    line: int
    language: str
    marks: tuple[str, ...]
    text: str

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> list[str]:
        return [line for line in self.text.splitlines() if line.strip()]

    @property
    def is_make(self) -> bool:
        return self.language == "sh" and all(line.startswith("make ") for line in self.commands)

    @property
    def runs(self) -> bool:
        return self.language == "sh" and not self.is_make and self.mark("skip") is None

    def mark(self, name: str) -> str | None:
        """The value of a mark such as `skip=server`."""
        found = (word.removeprefix(f"{name}=") for word in self.marks if word.startswith(name))
        return next(found, None)


def pages() -> dict[str, str]:
    """Every page of the documentation by its path from the root."""
    roots = [PROJECT_ROOT / name for name in ("README.md", "CONTRIBUTING.md", "AGENTS.md")]
    paths = [*roots, PROJECT_ROOT / "CHANGELOG.md", *sorted((PROJECT_ROOT / "docs").rglob("*.md"))]
    return {str(path.relative_to(PROJECT_ROOT)): path.read_text("utf-8") for path in paths}


def blocks(page: str, text: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        fence = _FENCE.match(line)
        if fence is None:
            continue
        inside = []
        for _, content in lines:
            if _FENCE.match(content):
                break
            inside.append(content)
        language, *marks = fence.group(1).split() or [""]
        body = textwrap.dedent("\n".join(inside))
        yield Block(page, number, language, tuple(marks), body)


def all_blocks() -> list[Block]:
    return [block for page, text in pages().items() for block in blocks(page, text)]


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    kept, fenced = [], False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            kept.append(line)
    return "\n".join(kept)


def links(text: str) -> list[str]:
    return _LINK.findall(prose(text))


def spans(text: str) -> list[str]:
    return _SPAN.findall(prose(text))


def anchors(text: str) -> set[str]:
    """What a link to a heading is called, as code hosts make it from the heading."""
    titles = re.findall(r"^#+ (.*)$", prose(text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def tables(text: str) -> Iterator[list[dict[str, str]]]:
    """Every table of a page as rows of column -> cell."""
    head: list[str] = []
    rows: list[dict[str, str]] = []
    for line in [*prose(text).splitlines(), ""]:
        if not line.lstrip().startswith("|"):
            if rows:
                yield rows
            head, rows = [], []
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not head:
            head = cells
        elif not re.fullmatch(r"[|:\- ]+", line.strip()):
            rows.append(dict(zip(head, cells, strict=False)))


def unquoted(cell: str) -> str:
    return cell.strip("`")


def read(path: str | Path) -> str:
    return (PROJECT_ROOT / path).read_text("utf-8")
