"""Writes new connectors, destinations and syncs that work from the first minute."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from warehouse.errors import Misconfigured

_TEMPLATES = Path(__file__).parent / "scaffold"
# What is written -> folder of templates -> where its files go.
_PLACES = {
    "connector": {
        "connectors": "connectors/{name}",
        "sandbox": "sandbox/vendors/{name}",
        "staging": "dbt_project/models/staging/{name}",
        "tests": "tests/connectors/{name}",
    },
    # Against an emulated vendor of its own, of which nothing is read.
    "destination": {
        "destination": "reverse_etl/destinations",
        "vendor": "sandbox/vendors/{name}",
        "proof": "tests/reverse_etl/proof",
    },
    "sync": {
        "sync": "reverse_etl/syncs",
        "activation": "dbt_project/models/activation/hubspot",
    },
}
_PACKAGES = {"connectors", "sandbox", "vendor"}
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

# Where the new connector's own modules stand among the imports depends on its name.
_OUR_IMPORTS = re.compile(r"(?:^from connectors\..*\n)+", re.MULTILINE)


def write_connector(name: str, root: Path) -> list[Path]:
    """Write the files of a connector called `name` below `root`; the paths that were written.

    Raises:
        Misconfigured: it is no name for a connector, or there is something of that name.
    """
    return _write("connector", name, root)


def write_destination(name: str, root: Path) -> list[Path]:
    """Write a destination with its emulated vendor, and how it is put to the proof.

    Raises:
        Misconfigured: it is no name for a destination, or there is something of that name; a tool
            that is read has an account and an emulated vendor already.
    """
    if (root / "connectors" / name).is_dir() and _NAME.fullmatch(name):
        raise Misconfigured(
            f"connectors/{name} is there already: nothing was written",
            advice=f"it has an account and an emulated vendor: write"
            f" reverse_etl/destinations/{name}.py as salesforce.py is, without an ACCOUNT",
        )
    return _write("destination", name, root)


def write_sync(name: str, root: Path) -> list[Path]:
    """Write a sync of the account score to HubSpot's companies, with its activation model.

    Raises:
        Misconfigured: it is no name for a sync, or there is something of that name.
    """
    return _write("sync", name, root)


def _write(what: str, name: str, root: Path) -> list[Path]:
    if not _NAME.fullmatch(name):
        raise Misconfigured(
            f"{name!r} cannot be a {what}'s name",
            advice="use small letters, digits and single underscores, such as google_ads",
        )
    planned = {
        template: _target(template, root / place.format(name=name), name)
        for kind, place in _PLACES[what].items()
        for template in sorted((_TEMPLATES / kind).iterdir())
    }
    own = {root / place.format(name=name) for place in _PLACES[what].values() if "{" in place}
    filled = [folder for folder in own if folder.exists() and any(folder.iterdir())]
    taken = sorted(filled) or [path for path in planned.values() if path.exists()]
    if taken:
        raise Misconfigured(f"{taken[0].relative_to(root)} is there already: nothing was written")
    words = {
        "name": name,
        "title": name.replace("_", " ").title(),
        "words": name.replace("_", " "),
        "host": name.replace("_", "-"),
        "class_name": name.title().replace("_", ""),
        "prefix": f"REVOPS_{name.upper()}__",
    }
    for template, path in planned.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = Template(template.read_text(encoding="utf-8")).substitute(words)
        path.write_text(_OUR_IMPORTS.sub(_sorted, text), encoding="utf-8")
        if template.parent.name in _PACKAGES:
            (path.parent / "__init__.py").touch()
    return list(planned.values())


def _target(template: Path, folder: Path, name: str) -> Path:
    return folder / template.name.removesuffix(".txt").replace("NAME", name)


def _sorted(block: re.Match[str]) -> str:
    return "".join(sorted(block[0].splitlines(keepends=True)))
