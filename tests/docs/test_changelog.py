"""The changelog is about this version, and lists the columns that others build on."""

from __future__ import annotations

import re
import tomllib

from tests.docs.pages import read, tables, unquoted
from tests.docs.test_reference import columns


def test_the_newest_entry_is_the_version_of_the_project() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    entries = re.findall(r"^## \[(.+?)\] - (.+)$", read("CHANGELOG.md"), flags=re.MULTILINE)
    assert entries[0][0] == version
    assert re.fullmatch(r"Unreleased|\d{4}-\d\d-\d\d", entries[0][1])


def test_every_column_under_contract_has_its_entry() -> None:
    """The newest mention of a column decides, so the table may also tell of columns that went."""
    current: dict[tuple[str, str], str] = {}
    for table in tables(read("CHANGELOG.md")):
        for row in table:
            key = (unquoted(row["model"]), unquoted(row["column"]))
            current.setdefault(key, "removed" if row["change"] == "removed" else row["type"])
    listed = {(*key, kind) for key, kind in current.items() if kind != "removed"}
    assert listed == columns("marts") | columns("activation")
