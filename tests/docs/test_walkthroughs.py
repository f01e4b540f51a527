"""The pages that lead through commands, carried out as a reader would carry them out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import all_blocks
from tests.docs.workspace import Workspace, not_shown, workspace

README = "README.md"
CSV = "docs/how-to/try-your-own-crm-export.md"
TUTORIAL = "docs/tutorial.md"
LOSS = "docs/how-to/find-a-loss.md"
OWN = "docs/how-to/read-events-files-and-databases.md"
# After the tutorial, on what it has left.
AFTERWARDS = (
    "docs/how-to/read-the-warehouse.md",
    "docs/how-to/show-a-report.md",
    "docs/how-to/recover-from-a-failure.md",
    "docs/how-to/measure.md",
    "docs/how-to/attribute-revenue.md",
    "docs/how-to/score-accounts.md",
    "docs/how-to/plan-revenue.md",
    "docs/how-to/test-a-change.md",
    "docs/how-to/forecast.md",
    "docs/how-to/back-up-and-restore.md",
    "docs/how-to/upgrade.md",
    "docs/how-to/run-in-production.md",
)
WALKED = {README, CSV, TUTORIAL, LOSS, OWN, *AFTERWARDS}


def walk(page: str, here: Workspace) -> list[str]:
    """Run the blocks of a page in order; each sample of output must have been printed before it."""
    printed: list[str] = []
    missing: list[str] = []
    for block in all_blocks():
        if block.page != page:
            continue
        if block.mark("skip") == "server":
            here.serve(block)
        elif block.runs:
            printed.append(here.run(block))
        elif block.language == "text" and "sample" in block.marks:
            missing += [f"{block.where}: {line}" for line in not_shown(block.text, printed[-1])]
    assert missing == []
    return printed


def test_every_page_with_commands_is_walked() -> None:
    assert {block.page for block in all_blocks() if block.runs} == WALKED


def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    with workspace(tmp_path) as here:
        assert "extract -> build -> gate" in walk(README, here)[0]


@pytest.mark.slow
def test_an_export_arrives_whole_and_its_scores_reach_the_tool(tmp_path: Path) -> None:
    with workspace(tmp_path) as here:
        printed = walk(CSV, here)
    in_file, opportunities, accounts = [text for text in printed if "won" in text and "│" in text]
    assert numbers(in_file) == ["12", "199250.5", "5"]
    assert numbers(opportunities) == ["12", "199250.50"]
    assert numbers(accounts) == ["5", "10", "199250.500"]
    assert '"revops_account_score": "' in printed[-1]


@pytest.mark.slow
def test_a_planted_loss_is_found_and_put_right(tmp_path: Path) -> None:
    with workspace(tmp_path) as here:
        unsettled, history, _ = walk(LOSS, here)[-3:]
    assert "0 rows" in unsettled
    assert [line.split("│")[2].strip() for line in history.splitlines() if " 104 " in line] == [
        "missing",
        "missing",
        "agrees",
    ]


@pytest.mark.slow
def test_events_files_and_a_database_are_read_as_shown(tmp_path: Path) -> None:
    with workspace(tmp_path) as here:
        rows = [line.split("│") for line in walk(OWN, here)[-1].splitlines() if "│" in line]
    found = {row[1].strip(): row[-2].strip() for row in rows}
    assert (found["aiko@example.com"], found["ben@example.com"]) == ("true", "false")
    assert {found["m-1"][:13], found["m-2"][:13]} == {"2026-11-20 08"}


def numbers(table: str) -> list[str]:
    """The cells of a table's only row."""
    row = [line for line in table.splitlines() if line.startswith("│")][-1]
    return [cell.strip() for cell in row.strip("│").split("│")]


@pytest.fixture(scope="module")
def after_the_tutorial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with workspace(tmp_path_factory.mktemp("tutorial")) as here:
        walk(TUTORIAL, here)
        # The guides speak of the usual folder; dbt, called in the linked project, needs it in full.
        (here.folder / ".revops").symlink_to(here.folder / ".revops-tutorial")
        here.settings["REVOPS_WAREHOUSE__PATH"] = str(here.folder / ".revops" / "warehouse.duckdb")
        yield here


@pytest.mark.slow
@pytest.mark.parametrize("page", AFTERWARDS)
def test_the_guides_hold_after_the_tutorial(page: str, after_the_tutorial: Workspace) -> None:
    walk(page, after_the_tutorial)
