"""Every tool that can forget a person does, and tells afterwards whether it still shows them."""

from __future__ import annotations

import pytest

from connectors.core import registry
from connectors.core.http import ToolClient
from orchestration.app import App
from reverse_etl.forgetting.base import tools
from tests.emulated import Vendors

KINDS = [
    pytest.param(tool, stream, id=f"{tool}-{stream}")
    for tool, how in sorted(tools().items())
    for stream in how.objects
]
# Marketo's deleted leads and Intercom's gone contacts are no table's business but the sandbox's.
GONE = {"isDeleted", "sandbox_gone", "archived", "IsDeleted"}


def shown(vendors: Vendors, tool: str, stream: str) -> dict[str, dict[str, object]]:
    """What an emulated tool has, by id."""
    names = {stream, tools()[tool].objects[stream].lower()}
    tables = vendors.sandbox.vendors[tool].tables
    (table,) = [found for name, found in tables.items() if name.lower() in names]
    return {
        table.key(one): one
        for one in table
        if not any(one.get(name) for name in GONE) and one.get("active", True)
    }


@pytest.mark.parametrize(("tool", "stream"), KINDS)
def test_a_person_is_deleted_and_nobody_else(
    app: App, vendors: Vendors, tool: str, stream: str
) -> None:
    how = tools()[tool]
    before = shown(vendors, tool, stream)
    people = [key for key, one in before.items() if one.get("role") not in {"admin", "agent"}]
    first, second, other = people[:3]
    with app.open_tool(registry.source(tool)) as client:
        assert isinstance(client, ToolClient)
        name = how.objects[stream]
        assert how.held(client, name, [first, second, other]) == {first, second, other}
        how.forget(client, name, [first])
        assert how.held(client, name, [first, second, other]) == {second, other}
        # A run that was killed does it once more.
        how.forget(client, name, [first, second])
        assert how.held(client, name, [first, second, other]) == {other}
    after = shown(vendors, tool, stream)
    assert before.keys() - after.keys() >= {first, second}
    assert after[other] == before[other]
