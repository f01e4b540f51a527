"""A walk that was cut off long ago ends its own window and then reads on to the present."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from orchestration.app import App
from orchestration.steps import extract
from tests.emulated import AS_OF, Vendors
from warehouse.landing import RawStream, Segment

_OLD = {
    "since": (AS_OF - timedelta(hours=2)).isoformat(),
    "until": (AS_OF - timedelta(hours=1)).isoformat(),
}
_CUT_OFF: dict[tuple[str, str], dict[str, Any]] = {
    ("hubspot", "deals"): _OLD | {"last_id": "0"},
    ("salesforce", "opportunities"): _OLD | {"stamp": _OLD["since"], "id": "000000000000000"},
}


@pytest.mark.parametrize(("vendor", "stream"), list(_CUT_OFF))
def test_one_run_after_an_old_interruption_lands_what_is_new_today(
    app: App, vendors: Vendors, vendor: str, stream: str
) -> None:
    assert extract(app, [vendor], [stream]).exit_code == 0
    RawStream(app.warehouse, vendor, stream).land(
        Segment(), _CUT_OFF[vendor, stream], run_id="cut off", at=AS_OF
    )
    vendors.advance()
    result = extract(app, [vendor], [stream])
    assert result.exit_code == 0
    assert result.streams[0].landed.versions >= 1
    again = extract(app, [vendor], [stream])
    assert again.streams[0].landed.versions == 0
