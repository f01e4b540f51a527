"""No sync that is shipped writes what its own model is made of, unless it says why it may."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.core import registry
from reverse_etl.lineage import cycles, lineage_faults
from reverse_etl.spec import SyncSpec, syncs

READ_BACK = [one for one in syncs().values() if one.destination in registry.sources()]


@pytest.mark.parametrize("spec", READ_BACK, ids=lambda spec: spec.name)
def test_no_field_of_a_shipped_sync_feeds_itself_unless_declared_safe(
    manifest: dict[str, Any], spec: SyncSpec
) -> None:
    source = registry.source(spec.destination)
    assert lineage_faults(spec, source, manifest) == []
    # What is declared is found: the check does see the project's lineage.
    assert set(cycles(spec, source, manifest)) == set(spec.safe_echoes)
