"""What is invented for one tool on top of the company's CRM and help-desk records."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from sandbox.generation.customer import Customer
from sandbox.generation.output import RecordFiles
from sandbox.generation.scene import Scene


class Invention:
    """One tool's share of the generated data.

    Its chance is its own: what one tool invents never moves what another does. `FILES` of the
    tool are those that exist even when empty.
    """

    vendor: ClassVar[str]
    files: ClassVar[tuple[str, ...]] = ()

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.rng = scene.chance(self.vendor)
        self._last: dict[str, int] = {}

    def credentials(self) -> dict[str, Any]:
        """What opens the emulated vendor, in the connector's own setting names."""
        return {}

    def begin(self) -> None:
        """Before the first company: definitions, staff, catalogues."""

    def enter(self, customer: Customer) -> None:
        """One company, after its CRM and help-desk records."""

    def end(self) -> None:
        """After the last company."""

    def next_day(
        self,
        files: RecordFiles,  # noqa: ARG002  # tools override
        directory: Path,  # noqa: ARG002
    ) -> list[dict[str, Any]]:
        """Write the next day's records; the deletions, each with vendor, object and id."""
        return []

    # -- what every tool needs ---------------------------------------------------------------

    def add(self, kind: str, record: dict[str, Any]) -> None:
        self.scene.files.add(self.vendor, kind, record)

    def digits(self, length: int) -> str:
        """So many hexadecimal digits."""
        return f"{self.rng.getrandbits(length * 4):0{length}x}"

    def number(self, kind: str, start: int, step: int = 997) -> int:
        """The next id of an object: ids grow with gaps, as real ones do."""
        self._last[kind] = self._last.get(kind, start) + self.rng.randint(1, step)
        return self._last[kind]

    def moment(self, since: datetime, until: datetime | None = None) -> datetime:
        """An instant between two, whole milliseconds, not in the last ten minutes of the data."""
        latest = min(until or self.scene.as_of, self.scene.as_of - timedelta(minutes=10))
        seconds = max(0.0, (latest - since).total_seconds())
        return since + timedelta(milliseconds=int(self.rng.random() * seconds * 1_000))

    def next_moment(self) -> datetime:
        """An instant in the working part of the next day, clear of both ends."""
        return self.scene.as_of + timedelta(minutes=self.rng.randint(90, 22 * 60))
