"""Runs a text of several SQL statements, each with those parameters that it names."""

from __future__ import annotations

import re

from warehouse.connection import Session


def run(session: Session, sql: str, /, **parameters: object) -> None:
    """Run the statements of `sql`, which are separated by semicolons at the ends of lines."""
    for statement in re.split(r";\s*\n", sql):
        if statement.strip(" \n;"):
            named = set(re.findall(r"\$(\w+)", statement))
            wanted = {name: value for name, value in parameters.items() if name in named}
            session.execute(statement, wanted or None)
