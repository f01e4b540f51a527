"""What a sandbox data directory says about itself."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sandbox.instants import parse_instant, zendesk_instant

Scale = Literal["small", "medium", "large"]
Counts = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Refusal:
    """A row of a source file that was left out: 1-based line, field and reason."""

    file: str
    row: int
    field: str
    reason: str


@dataclass(frozen=True)
class Manifest:
    """`credentials` and `limits` are keyed by vendor; see README.md for the optional ones."""

    as_of: datetime
    credentials: dict[str, dict[str, Any]]
    counts: Counts
    seed: int | None = None
    scale: Scale | None = None
    limits: dict[str, dict[str, int]] = field(default_factory=dict)
    refused: tuple[Refusal, ...] = ()

    @property
    def identity(self) -> dict[str, Any]:
        """What tells this data from other data."""
        return {"as_of": zendesk_instant(self.as_of), "seed": self.seed, "scale": self.scale}

    def write(self, directory: Path) -> None:
        document = {
            **self.identity,
            "credentials": self.credentials,
            "limits": self.limits,
            "counts": self.counts,
            "refused": len(self.refused),
        }
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        (directory / "manifest.json").write_text(text, encoding="utf-8")


def read_manifest(directory: Path) -> Manifest:
    """Read `directory`/manifest.json; FileNotFoundError says how to make one."""
    path = directory / "manifest.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: make the data first, `revops sandbox generate --out {directory}`"
        )
    document = json.loads(path.read_text(encoding="utf-8"))
    return Manifest(
        as_of=parse_instant(document["as_of"]),
        credentials=document["credentials"],
        counts=document.get("counts", {}),
        seed=document.get("seed"),
        scale=document.get("scale"),
        limits=document.get("limits", {}),
    )
