"""What one worker of a test run makes, and all of them use.

The folder belongs to one run of the tests: the first process makes it, tells its workers by the
name of an environment variable, and takes it away in the end.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from filelock import FileLock

# Not `REVOPS_...`: a test begins with none of those set.
_NAME = "TESTS_SHARED_FOLDER"


def begin() -> Callable[[], None]:
    """Make the folder, if no other process of this run has; what takes it away again."""
    if _NAME in os.environ:  # noqa: TID251 - workers inherit it
        return lambda: None
    folder = mkdtemp(prefix="revops-tests-")
    os.environ[_NAME] = folder  # noqa: TID251

    def end() -> None:
        del os.environ[_NAME]  # noqa: TID251
        rmtree(folder, ignore_errors=True)

    return end


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """A file or folder of the run: made by who needs it first, while the others wait."""
    folder = Path(os.environ[_NAME])  # noqa: TID251
    path, done = folder / name, folder / f"{name}.done"
    with FileLock(folder / f"{name}.lock"):
        if not done.exists():
            make(path)
            done.touch()
    return path


def said_once(name: str, say: Callable[[], Any]) -> Any:
    """A value of the run, which can be pickled: found by who needs it first."""

    def make(path: Path) -> None:
        path.write_bytes(pickle.dumps(say()))

    return pickle.loads(made_once(name, make).read_bytes())
