"""Points this installation at a sandbox instead of the real tools."""

from __future__ import annotations

from pathlib import Path

from connectors.core import registry
from reverse_etl.destinations.registry import mere_destinations
from sandbox.app import Sandbox, create_app
from sandbox.manifest import read_manifest
from warehouse.errors import Misconfigured


def load_app(
    data: Path, *, state: Path | None = None, faults: Path | None = None, latency_ms: int = 0
) -> Sandbox:
    """The emulated tools of a data directory.

    Raises:
        Misconfigured: the directory, a record or the fault script is wrong.
    """
    try:
        return create_app(
            data, state=state, faults=faults, latency_ms=latency_ms, changes_folders=True
        )
    except (FileNotFoundError, ValueError) as error:
        raise Misconfigured(str(error)) from error


def connection_settings(data: Path, url: str) -> dict[str, str]:
    """The `REVOPS_*` settings that reach the sandbox at `url` with its invented credentials."""
    tools = {**registry.sources(), **mere_destinations()}
    return {
        f"REVOPS_{vendor}__{name}".upper(): value.replace("{data}", str(data.absolute()))
        for vendor, credentials in read_manifest(data).credentials.items()
        if vendor in tools
        for name, value in (credentials | {"base_url": f"{url}/{vendor}"}).items()
        if name in tools[vendor].settings.model_fields
    }
