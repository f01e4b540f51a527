"""The rule book: a folder of documents by which things are scored, planned and decided."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from warehouse.documents import Document, read_document
from warehouse.errors import Misconfigured
from warehouse.rules.accounts import Accounts
from warehouse.rules.decisions import Decisions
from warehouse.rules.experiments import Experiments
from warehouse.rules.health import Health
from warehouse.rules.plan import Plan
from warehouse.rules.scoring import Scoring
from warehouse.settings import Settings, load

_ENDINGS = (".yml", ".yaml", ".json")

DocumentT = TypeVar("DocumentT", bound=Document)


@dataclass(frozen=True)
class Kind:
    """A document of the rule book and what its file may be called, without its ending.

    The second name is the one of a company's exchanged files, where rules lie beside tables.
    """

    model: type[Document]
    names: tuple[str, ...]


KINDS: Mapping[str, Kind] = {
    "scoring": Kind(Scoring, ("scoring", "scoring_config")),
    "accounts": Kind(Accounts, ("accounts",)),
    "health": Kind(Health, ("health", "health_config")),
    "plan": Kind(Plan, ("plan",)),
    "decisions": Kind(Decisions, ("decisions", "decision_rules")),
    "experiments": Kind(Experiments, ("experiments", "experiment")),
}


def find(folder: Path, kind: str) -> Path | None:
    """The file of a document, or None where the folder has none.

    Raises:
        Misconfigured: there are two.
    """
    names = [name + ending for name in KINDS[kind].names for ending in _ENDINGS]
    found = [folder / name for name in names if (folder / name).is_file()]
    if len(found) > 1:
        raise Misconfigured(
            f"{folder} holds both {found[0].name} and {found[1].name}",
            advice="keep the one that is meant",
        )
    return found[0] if found else None


def read(model: type[DocumentT]) -> DocumentT | None:
    """A document of the settings' rule book; None where it has none: nothing is decided by it then.

    Raises:
        Misconfigured: it is not what it should be; each fault with file, line and field.
    """
    (kind,) = (name for name, one in KINDS.items() if one.model is model)
    path = find(load(Settings).rules_path, kind)
    return read_document(path, model) if path else None


def digest(folder: Path, said: str) -> str:
    """Stands for `said` and every document of the folder, and changes with each of them."""
    sums = hashlib.md5(said.encode(), usedforsecurity=False)
    for kind, one in KINDS.items():
        path = find(folder, kind)
        if path:
            document = read_document(path, one.model)
            sums.update(f"{kind}:{document.model_dump_json()}".encode())
    return sums.hexdigest()
