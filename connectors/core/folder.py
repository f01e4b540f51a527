"""Opens a folder, or a mounted prefix of an object store, as a tool that files are read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from connectors.core.settings import SourceSettings, load_vendor_settings
from connectors.core.source import Source
from warehouse.clock import Clock
from warehouse.errors import Misconfigured, Unavailable
from warehouse.settings import HttpSettings

# What programs call a file that they are still writing, and what nobody means to drop.
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".swp")
_PRIVATE = (".", "_", "~$")


class FolderSettings(SourceSettings):
    """A source that is a folder."""

    folder: Path


@dataclass(frozen=True)
class Drop:
    """A file in the folder; `name` is its path below it, `modified` nanoseconds since 1970."""

    name: str
    path: Path
    size: int
    modified: int


class Folder:
    """The files below one folder, as they are now."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def is_on_loopback(self) -> bool:
        return True

    def redact(self, text: str) -> str:
        return text

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def drops(self) -> list[Drop]:
        """Every whole file in the order of its name; hidden and unfinished ones left out.

        Raises:
            Unavailable: the folder is no longer there: an unmounted prefix is no empty one.
        """
        if not self.root.is_dir():
            raise Unavailable(f"{self.root} is gone", advice="mount it again")
        return sorted(self._found(), key=lambda drop: drop.name)

    def _found(self) -> Iterator[Drop]:
        for path in self.root.rglob("*"):
            below = path.relative_to(self.root)
            if path.suffix in _UNFINISHED or any(p.startswith(_PRIVATE) for p in below.parts):
                continue
            try:
                if path.is_file():
                    state = path.stat()
                    yield Drop(below.as_posix(), path, state.st_size, state.st_mtime_ns)
            except FileNotFoundError:
                # Taken away between being listed and being looked at.
                continue


class FolderSource(Source):
    """A source whose records are files in a folder."""

    def open(self, http: HttpSettings, clock: Clock) -> Folder:  # noqa: ARG002  # not over HTTP
        settings = load_vendor_settings(self.settings, self.name, self.scopes)
        root = cast("FolderSettings", settings).folder.expanduser()
        if not root.is_dir():
            raise Misconfigured(
                f"{self.name} is disabled: REVOPS_{self.name.upper()}__FOLDER names {root},"
                " which is no folder",
                advice="name a folder of this machine; a prefix of an object store must be mounted",
            )
        return Folder(root)
