"""What every connector must be, whoever writes it: found by its folder, documented, countable."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.core import registry
from connectors.core.http import ToolClient
from connectors.core.source import HttpSource, Source
from orchestration.app import App
from tests.connectors.conftest import mirrored_streams
from tests.emulated import Vendors, key_of
from tests.emulation import emulations
from warehouse.errors import Misconfigured
from warehouse.settings import PROJECT_ROOT

every_source = pytest.mark.parametrize("source", registry.sources().values(), ids=lambda s: s.name)
every_stream = pytest.mark.parametrize(("vendor", "stream"), mirrored_streams())

NEW_SOURCE = """
from connectors.core.auth import BearerAuth
from connectors.core.http import Budget
from connectors.core.settings import VendorSettings
from connectors.core.source import HttpSource

SOURCE = HttpSource(
    name="acme", title="Acme", settings=VendorSettings, authorise=lambda s: BearerAuth(""),
    budget=Budget(1, 1), scopes="", streams=(),
)
"""


def test_a_folder_with_a_source_is_all_that_a_connector_needs(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "source.py").write_text(NEW_SOURCE)
    script = (
        "import sys, connectors; connectors.__path__.append(sys.argv[1]);"
        "from connectors.core.registry import sources; print(*sources())"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["acme", *registry.sources()]


def test_an_unknown_connector_is_answered_with_the_known_ones() -> None:
    with pytest.raises(Misconfigured, match="'acme'") as caught:
        registry.source("acme")
    assert ", ".join(registry.sources()) in str(caught.value)
    with pytest.raises(Misconfigured, match="'acme'"):
        registry.sources_in_use(("hubspot", "acme"))


@every_source
def test_a_source_lies_in_the_folder_of_its_name(source: Source) -> None:
    assert (PROJECT_ROOT / "connectors" / source.name / "source.py").is_file()
    assert registry.source(source.name) is source
    assert source.settings.model_config["env_prefix"] == f"REVOPS_{source.name.upper()}__"


@every_source
def test_a_source_says_what_it_needs_and_what_it_brings(source: Source) -> None:
    assert source.title
    assert len(source.scopes.split()) > 5
    assert not isinstance(source, HttpSource) or source.budget.requests > 0
    assert source.stamps or not isinstance(source, HttpSource)
    names = [stream.name for stream in source.streams]
    assert len(names) == len(set(names)) > 0
    for stream in source.streams:
        assert source.stream(stream.name) is stream
        assert re.fullmatch(r"[a-z_]+", stream.name)
        assert re.fullmatch(r"[A-Z].*\.", stream.description), stream.name
    assert source.stream("nothing") is None


@every_source
def test_the_notes_of_a_source_say_how_its_vendor_behaves_and_why_that_matters(
    source: Source,
) -> None:
    notes = (PROJECT_ROOT / "connectors" / source.name / "NOTES.md").read_text(encoding="utf-8")
    assert notes.startswith(f"# {source.title}: ")
    rows = [line for line in notes.splitlines() if line.startswith("|")]
    assert [cell.strip() for cell in rows[0].strip("|").split("|")] == ["status", "body", "action"]
    if isinstance(source, HttpSource):
        assert {"401", "403"} <= set(re.findall(r"^\| (\d{3})", notes, re.MULTILINE))
    behaviours = re.split(r"^\d+\. ", notes, flags=re.MULTILINE)[1:]
    numbers = [int(n) for n in re.findall(r"^(\d+)\. ", notes, re.MULTILINE)]
    assert numbers == list(range(1, len(behaviours) + 1))
    assert len(numbers) >= 4
    for number, behaviour in zip(numbers, behaviours, strict=True):
        assert "*Why this matters*: " in behaviour, number
    code = "".join(p.read_text() for p in (PROJECT_ROOT / "connectors" / source.name).glob("*.py"))
    referred = {int(n) for n in re.findall(r"NOTES\.md (\d+)", code)}
    assert referred <= set(numbers)


@every_stream
def test_keys_cursors_and_deletions_are_read_out_of_a_record(
    vendors: Vendors, vendor: str, stream: str
) -> None:
    declared = registry.source(vendor).stream(stream)
    assert declared is not None
    records = vendors.records(vendor, stream)
    for sample in records:
        record = declared.record.model_validate_json(json.dumps(sample))
        assert record.record_key() == key_of(sample)
        assert (record.record_cursor() is None) is (stream in emulations()[vendor].unstamped)
    known = [declared.record.model_validate(sample) for sample in records]
    # What a snapshot no longer shows carries no mark of its own.
    if stream in emulations()[vendor].deletable and not declared.is_snapshot:
        owner, at = vendors.sandbox.vendors[vendor], vendors.sandbox.clock.now()
        gone = owner.deleted(emulations()[vendor].kinds[stream], records[0], at)
        assert declared.record.model_validate(gone).record_deleted()
        assert not all(one.record_deleted() for one in known)


@every_stream
def test_a_later_change_has_a_greater_cursor(vendors: Vendors, vendor: str, stream: str) -> None:
    if stream in emulations()[vendor].unstamped:
        pytest.skip("versions of this stream are ordered by when they were landed")
    declared = registry.source(vendor).stream(stream)
    assert declared is not None
    before = vendors.records(vendor, stream)[0]
    owner = vendors.sandbox.vendors[vendor]
    kind = emulations()[vendor].kinds[stream]
    after = owner.stamped(kind, before, vendors.sandbox.clock.now(), new=False)
    cursors = [str(declared.record.model_validate(one).record_cursor()) for one in (before, after)]
    assert cursors[0] < cursors[1]


@every_stream
def test_counting_asks_the_vendor_and_changes_nothing(
    app: App, vendors: Vendors, vendor: str, stream: str
) -> None:
    source = registry.source(vendor)
    declared = source.stream(stream)
    assert declared is not None
    before = vendors.records(vendor, stream)
    with source.open(app.settings.http, app.clock) as tool:
        if declared.count is None or not isinstance(tool, ToolClient):
            pytest.skip("this stream cannot be counted")
        count = declared.count(tool)
        assert tool.requests_sent == 1
    assert count is None or 0 < count <= len(before)
    assert vendors.records(vendor, stream) == before
