"""Every block is run, checked or classified; none is there for decoration only."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from orchestration.alerting.spec import Alerts
from quality.spec import Rule
from reverse_etl.endpoint import Endpoint
from reverse_etl.spec import SyncSpec
from tests.docs.commands import commands
from tests.docs.pages import Block, all_blocks, pages, read, spans

LANGUAGES = {"sh", "text", "sql", "yaml", "python", "ini", "mermaid"}
MARKS = {
    "sh": re.compile(r"skip=(server|yours)|exit=\d"),
    "text": re.compile(r"sample"),
    "yaml": re.compile(r"document=(sync|rule|endpoint|alerts)"),
}
NONE = re.compile(r"(?!)")


def of(language: str) -> list[Block]:
    return [block for block in all_blocks() if block.language == language]


def revops_calls(block: Block) -> list[list[str]]:
    """The words of every `revops` command in a block, up to a pipe or redirection."""
    calls = []
    for line in block.commands:
        found = re.search(r"(?:^|&& |env \S+ )(revops .*)", line)
        if found:
            words = shlex.split(found.group(1), comments=True)
            end = next((n for n, word in enumerate(words) if word in {"|", ">", "&&"}), len(words))
            calls.append(words[1:end])
    return calls


def test_every_block_says_what_it_is() -> None:
    wrong = [
        block.where
        for block in all_blocks()
        if block.language not in LANGUAGES
        or not all(MARKS.get(block.language, NONE).fullmatch(mark) for mark in block.marks)
    ]
    assert wrong == []


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE))
    called = {line.split()[1] for block in of("sh") if block.is_make for line in block.commands}
    assert {"demo", "test", "setup"} <= called <= targets


def test_every_command_shown_exists_with_its_options() -> None:
    known = commands()
    wrong = []
    for block in of("sh"):
        for words in revops_calls(block):
            name = max((n for n in known if words[: len(n.split())] == n.split()), key=len)
            options = {word.split("=")[0] for word in words if word.startswith("-")}
            wrong += [
                f"{block.where}: revops {' '.join(words)}"
                for option in options - known[name]
                if name or words == [option]
            ]
    assert wrong == []


def test_commands_named_in_the_prose_exist() -> None:
    known = {name.split()[0] for name in commands() if name}
    named = {
        (page, span.split()[1])
        for page, text in pages().items()
        for span in spans(text)
        if re.match(r"revops [a-z]", span)
    }
    assert [(page, name) for page, name in sorted(named) if name not in known] == []


@pytest.mark.parametrize("block", of("python"), ids=lambda block: block.where)
def test_python_examples_can_be_imported(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text(block.text, "utf-8")
    spec = importlib.util.spec_from_file_location("docs_example", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["docs_example"] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules["docs_example"]


def test_documents_are_what_the_models_read() -> None:
    models: dict[str, TypeAdapter[Any]] = {
        "sync": TypeAdapter(SyncSpec),
        "rule": TypeAdapter(Rule),
        "endpoint": TypeAdapter(Endpoint),
        "alerts": TypeAdapter(Alerts),
    }
    marked = [(block.mark("document"), block) for block in of("yaml")]
    assert {kind for kind, _ in marked if kind} == set(models)
    for kind, block in marked:
        document = yaml.safe_load(block.text)
        if kind is not None:
            models[kind].validate_python(document)
