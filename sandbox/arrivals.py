"""What the next day brings to folders and databases, which no API serves: it is put in place."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sandbox.vendors import names

_API = Path(__file__).with_name("vendors")


def arrive(data: Path) -> None:
    """Put the next day's files of what has no API beside the first day's, and change databases.

    Args:
        data: a data directory; it is changed, and the same again if it was changed before.
    """
    for name in names():
        came = data / "next_day" / name
        if not (_API / name / "api.py").is_file() and came.is_dir():
            for path in sorted(came.rglob("*")):
                if path.suffix == ".statements":
                    _change(data / name / f"{path.stem}.sqlite", path)
                elif path.is_file():
                    target = data / name / path.relative_to(came)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(path, target)


def _change(database: Path, statements: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        for line in statements.read_text(encoding="utf-8").splitlines():
            statement, values = json.loads(line)
            connection.execute(statement.replace("insert into", "insert or replace into"), values)
