"""Files in a folder: a table that is replaced as a whole, and a file for each batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from reverse_etl.destinations.folder import FolderFiles, OpenFolder
from tests.reverse_etl.proof.case import AnyWire, Record
from tests.reverse_etl.proof.local import LocalCase, LocalWire
from tests.reverse_etl.proof.of_sql import SPEC
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script
from warehouse.errors import Unavailable


class WatchedFolder(OpenFolder):
    """The real one; a kill leaves half of a file under its temporary name."""

    def __init__(self, wire: LocalWire) -> None:
        super().__init__(wire.app, csv_bom=True)
        self._wire = wire

    def contents(self, pattern: str) -> list[bytes]:
        with self._wire.request("read"):
            if self._wire.fault is not None:
                raise Unavailable("by the script")
            return super().contents(pattern)

    def change(self, name: str, work: Callable[[bytes | None], bytes]) -> None:
        with self._wire.request("write"):
            super().change(name, work)

    def _write(self, part: Path, content: bytes) -> None:
        part.write_bytes(content[: len(content) // 2])
        self._wire.steps.take("half of the file is written")
        self._fail("disk_full")
        super()._write(part, content)
        self._wire.steps.take("before rename")

    def _rename(self, part: Path, path: Path) -> None:
        super()._rename(part, path)
        self._wire.steps.take("after rename")
        self._fail("time_out_after_commit")

    def _fail(self, fault: str) -> None:
        if self._wire.fault == fault:
            raise OSError("by the script")


class FolderTable(LocalCase):
    name = "folder table"
    is_slow = True
    any_faults = ("disk_full",)
    lost_faults = ("time_out_after_commit",)
    faults = ()
    file = "accounts.csv"

    def __init__(self) -> None:
        named = {"destination": "folder", "object": self.file, "name": "to_folder"}
        self.spec = SPEC.model_copy(update=named)

    def set_up(self, folder: Path, rows: int) -> None:  # noqa: ARG002 - all are made
        folder.mkdir(parents=True)

    def start(self, folder: Path) -> Path:
        return folder

    def wire(self, app: Any, steps: Steps, script: Script, look: Callable[[], None]) -> AnyWire:
        return LocalWire(app, steps, script, look)

    def client(self, wire: AnyWire) -> OpenFolder:
        assert isinstance(wire, LocalWire)
        return WatchedFolder(wire)

    def key(self, number: int) -> str:
        return f'key "{number}", ü\n'

    def held(self, app: Path) -> list[tuple[str, str, Record]]:
        destination = FolderFiles(OpenFolder(app), self.spec.object, "account_id")
        keys = [self.key(number) for number in range(200)]
        found = destination.read(keys, self.fields)
        self._check_whole(app)
        return [(key, key, dict(held)) for key, held in found.items()]

    def _check_whole(self, app: Path) -> None:
        """No name that a consumer looks for is there beside the one file."""
        seen = {path.name for path in app.iterdir() if not path.name.startswith(".")}
        assert seen <= {self.file}


class FolderChanges(FolderTable):
    """Each batch of changes is a file; together they say what there is."""

    name = "folder changes"
    file = "accounts-{batch}.ndjson"

    def _check_whole(self, app: Path) -> None:
        pass


class FolderNewRows(FolderChanges):
    name = "folder new rows"
    file = "accounts-{batch}.parquet"

    def __init__(self) -> None:
        super().__init__()
        self.spec = self.spec.model_copy(update={"mode": "create_only"})

    def held(self, app: Path) -> list[tuple[str, str, Record]]:
        """Every row of every file: whatever is in two of them is seen as a duplicate."""
        rows = []
        for path in sorted(app.glob("accounts-*.parquet")):
            destination = FolderFiles(OpenFolder(app), path.name, "account_id")
            found = destination.read([self.key(number) for number in range(200)], self.fields)
            rows += [(key, key, dict(held)) for key, held in found.items()]
        return rows


CASES = (FolderTable, FolderChanges, FolderNewRows)
