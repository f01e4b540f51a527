"""Every sync that is shipped, from an invented company's tools through the models and back."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.app import App
from reverse_etl.destinations.registry import account_of, destination_for, kind_of
from reverse_etl.spec import sync, syncs
from tests.orchestration.conftest import TwoDays
from tests.orchestration.test_run import synced
from warehouse.deliveries import Deliveries

# Two whole days of every tool: minutes.
pytestmark = pytest.mark.slow

NAMES = list(syncs())


@pytest.mark.parametrize("name", NAMES)
def test_what_a_shipped_sync_sends_is_taken_row_by_row(two_days: TwoDays, name: str) -> None:
    """On the first day something is sent, and on both days all of it is acknowledged."""
    first, second = (synced(two_days.document(day), name) for day in ("first", "second"))
    assert first["plan"]["counts"]["first"] == len(first["plan"]["changes"]) > 0
    assert first["delivery"]["outcomes"] == {"acknowledged": len(first["plan"]["changes"])}
    sent = len(second["plan"]["changes"])
    assert second["delivery"]["outcomes"] == ({"acknowledged": sent} if sent else {})
    assert synced(two_days.document("sync"), name)["delivery"]["outcomes"] == {}


@pytest.mark.parametrize("name", [n for n in NAMES if kind_of(sync(n).destination).is_readable])
def test_the_tool_holds_what_a_shipped_sync_has_sent(settled: TwoDays, name: str) -> None:
    """Read back through the tool's own interface; what people changed since is not asked of it."""
    spec, app = sync(name), App.from_environment()
    sent = {row.key: row.held for row in Deliveries(app.state).last_sent(name)}
    assert sent
    with app.open_tool(account_of(spec.destination)) as tool:
        destination = destination_for(spec, tool)
        keys, found = list(sent), dict[str, Any]()
        for start in range(0, len(keys), destination.batch_size):
            part = keys[start : start + destination.batch_size]
            found |= destination.read(part, [mapping.field for mapping in spec.fields])
        lost = [
            (key, field, value, found[key].get(field))
            for key in found
            for field, value in sent[key].items()
            if not destination.holds(found[key].get(field), value)
        ]
    app.state.close()
    # A record that was deleted in the tool on the second day is there no more.
    assert len(found) >= len(sent) - 2
    assert lost == []
