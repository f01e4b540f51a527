"""Tells whether a process that began something still lives, by a lock that dies with it."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from threading import RLock

# What this process holds, by folder: who it is there, and the open file whose lock says so.
_HELD: dict[Path, tuple[str, int]] = {}
_LOCK = RLock()


class Processes:
    """The processes at work on one installation: a file each in `folder`, locked while it lives.

    The kernel's lock and no heartbeat: it is gone in the instant in which its holder is, however
    that ends, it needs no thread and no clock, and a number that another process has got since is
    not taken for the one that died.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def own(self) -> str:
        """The name of this process, which is known as living from now to its end."""
        with _LOCK:
            if self._folder not in _HELD:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._sweep()
                _HELD[self._folder] = self._taken()
            return _HELD[self._folder][0]

    def gone(self, names: Iterable[str | None]) -> set[str | None]:
        """Those of which nothing is at work any more; a run without a name is of an older version.

        Raises:
            OSError: the folder cannot be read.
        """
        return {name for name in set(names) if name is None or not self._lives(name)}

    def _lives(self, name: str) -> bool:
        try:
            probe = os.open(self._folder / name, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            flock(probe, LOCK_SH | LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(probe)
        return False

    def _taken(self) -> tuple[str, int]:
        """A new file, locked; another one where somebody looked at it in just that moment."""
        while True:
            name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
            path = self._folder / name
            held = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            with suppress(BlockingIOError, FileNotFoundError):
                flock(held, LOCK_EX | LOCK_NB)
                if path.stat().st_ino == os.fstat(held).st_ino:
                    return name, held
            os.close(held)

    def _sweep(self) -> None:
        """Take away the files of the dead, each under its lock: nobody can just be taking it."""
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                found = os.open(path, os.O_RDWR)
                with suppress(BlockingIOError):
                    flock(found, LOCK_EX | LOCK_NB)
                    path.unlink(missing_ok=True)
                os.close(found)


def _forget() -> None:
    """A forked child is a process of its own, and must not keep its parent's locks alive."""
    while _HELD:
        os.close(_HELD.popitem()[1][1])


os.register_at_fork(after_in_child=_forget)
