"""Finds a destination by name: the module of that name in this folder."""

from __future__ import annotations

import importlib
import importlib.util

from connectors.core.http import ToolClient
from reverse_etl.destinations.base import Destination
from reverse_etl.spec import SyncSpec
from warehouse.errors import Misconfigured


def destination_for(spec: SyncSpec, client: ToolClient) -> Destination:
    """The destination of a sync.

    Raises:
        Misconfigured: there is no destination of that name, or it has no such object.
    """
    module = f"reverse_etl.destinations.{spec.destination}"
    if importlib.util.find_spec(module) is None:
        raise Misconfigured(f"{spec.name}.yaml: there is no destination {spec.destination!r}")
    kind: type[Destination] = importlib.import_module(module).DESTINATION
    return kind(client, spec.object, spec.identify_by.field)
