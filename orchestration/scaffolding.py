"""Writes a new connector that works against an emulated vendor of its own from the first minute."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from warehouse.errors import Misconfigured

_TEMPLATES = Path(__file__).parent / "scaffold"
# Folder of templates -> where its files go.
_PLACES = {
    "connectors": "connectors/{name}",
    "sandbox": "sandbox/vendors/{name}",
    "staging": "dbt_project/models/staging/{name}",
    "tests": "tests/connectors/{name}",
}
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

# Where the new connector's own modules stand among the imports depends on its name.
_OUR_IMPORTS = re.compile(r"(?:^from connectors\..*\n)+", re.MULTILINE)


def write_connector(name: str, root: Path) -> list[Path]:
    """Write the files of a connector called `name` below `root`; the paths that were written.

    Raises:
        Misconfigured: it is no name for a connector, or there is something of that name.
    """
    if not _NAME.fullmatch(name):
        raise Misconfigured(
            f"{name!r} cannot be a connector's name",
            advice="use small letters, digits and single underscores, such as google_ads",
        )
    folders = {kind: root / place.format(name=name) for kind, place in _PLACES.items()}
    taken = [folder for folder in folders.values() if folder.exists() and any(folder.iterdir())]
    if taken:
        raise Misconfigured(f"{taken[0].relative_to(root)} is there already: nothing was written")
    words = {
        "name": name,
        "title": name.replace("_", " ").title(),
        "class_name": name.title().replace("_", ""),
        "prefix": f"REVOPS_{name.upper()}__",
    }
    written = []
    for kind, folder in folders.items():
        folder.mkdir(parents=True, exist_ok=True)
        for template in sorted((_TEMPLATES / kind).iterdir()):
            path = folder / template.name.removesuffix(".txt").replace("_NAME__", f"_{name}__")
            text = Template(template.read_text(encoding="utf-8")).substitute(words)
            path.write_text(_OUR_IMPORTS.sub(_sorted, text), encoding="utf-8")
            written.append(path)
        if kind in {"connectors", "sandbox"}:
            (folder / "__init__.py").touch()
    return written


def _sorted(block: re.Match[str]) -> str:
    return "".join(sorted(block[0].splitlines(keepends=True)))
