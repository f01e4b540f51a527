"""What people do about deliveries afterwards: free parked rows."""

from __future__ import annotations

from orchestration.app import App
from reverse_etl.mirror import mirror_to_ops
from reverse_etl.spec import SyncSpec
from warehouse.deliveries import Deliveries


def free_parked(app: App, spec: SyncSpec) -> int:
    """Let every parked row of a sync be sent again; how many those are."""
    deliveries = Deliveries(app.state)
    freed = deliveries.free(spec.name)
    mirror_to_ops(spec.name, app.warehouse, deliveries)
    return freed
