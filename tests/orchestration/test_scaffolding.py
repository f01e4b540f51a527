"""`revops new` writes what works at once: against an emulated vendor, or on our own models."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from orchestration.scaffolding import write_connector, write_destination, write_sync
from reverse_etl.spec import syncs
from warehouse.errors import Misconfigured
from warehouse.settings import PROJECT_ROOT

Write = Callable[[str, Path], list[Path]]

# As in a checkout of which the new folders are a part: they are found beside the others.
_TRY = """
import json, os, sys
from pathlib import Path
import connectors, sandbox.vendors
root = Path(sys.argv[1])
connectors.__path__.append(str(root / "connectors"))
sandbox.vendors.__path__.append(str(root / "sandbox" / "vendors"))
from orchestration.sandboxed import connection_settings, load_app
from orchestration.app import App
from orchestration.steps import extract
from sandbox.generate import generate
from sandbox.server import running
data = root / "data"
generate(data)
with running(load_app(data)) as url:
    os.environ.update(connection_settings(data, url) | {"REVOPS_HOME": str(root / "home")})
    runs = [extract(App.from_environment(), ["pipe_works"]) for _ in range(2)]
print(json.dumps([run.as_json() for run in runs], default=str))
"""


@pytest.mark.slow
def test_a_new_connector_reads_its_emulated_vendor_at_once(tmp_path: Path) -> None:
    written = write_connector("pipe_works", tmp_path)
    assert tmp_path / "dbt_project/models/staging/pipe_works/stg_pipe_works__things.sql" in written
    tried = subprocess.run(
        [sys.executable, "-c", _TRY, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert tried.returncode == 0, tried.stderr
    first, second = (run["streams"][0] for run in json.loads(tried.stdout))
    assert first["landed"]["versions"] > 20
    assert (first["status"], first["verdict"]) == ("done", "agrees")
    assert (second["status"], second["landed"]["versions"]) == ("done", 0)


# As above; the proof's own wire lets no request leave the process.
_PROVE = """
import importlib, sys
from pathlib import Path
import reverse_etl.destinations, sandbox.vendors, tests.reverse_etl.proof
root = Path(sys.argv[1])
reverse_etl.destinations.__path__.append(str(root / "reverse_etl" / "destinations"))
sandbox.vendors.__path__.append(str(root / "sandbox" / "vendors"))
tests.reverse_etl.proof.__path__.append(str(root / "tests" / "reverse_etl" / "proof"))
from tests.reverse_etl.proof.schedules import random_schedules
(case,) = importlib.import_module("tests.reverse_etl.proof.of_pipe_works").CASES
# The conformance suite knows it by its name, as if its module had been there from the start.
from tests.reverse_etl import test_conformance as suite
name = case.name.replace(" ", "_")
suite.CASES[name] = case
suite.test_what_is_acknowledged_is_there_by_the_id_that_is_told(name)
suite.test_no_answer_makes_a_destination_say_what_is_not_so(name=name)
for body in suite.EMPTY:
    suite.test_a_success_that_says_nothing_is_no_success_and_no_refusal(name, body)
tally = random_schedules(case, range(8))
assert tally.killed_at and tally.faults
print(tally.schedules, tally.violations)
"""


@pytest.mark.slow
def test_a_new_destination_delivers_whatever_befalls_it(tmp_path: Path) -> None:
    write_destination("pipe_works", tmp_path)
    command = [sys.executable, "-c", _PROVE, str(tmp_path)]
    tried = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT_ROOT)
    assert tried.returncode == 0, tried.stderr
    assert tried.stdout.strip() == "8 []"


def test_a_new_sync_is_one_and_sends_nothing_unasked(tmp_path: Path) -> None:
    written = write_sync("partner_companies", tmp_path)
    (made,) = syncs(tmp_path / "reverse_etl" / "syncs").values()
    assert (made.name, made.approval) == ("partner_companies", "required")
    model = next(path for path in written if path.suffix == ".sql")
    assert made.model == model.stem
    document = yaml.safe_load(next(p for p in written if p.suffix == ".yml").read_text("utf-8"))
    columns = {one["name"] for one in document["models"][0]["columns"]}
    mapped = {name for one in made.fields for name in one.columns}
    assert mapped | {*made.identify_by.names, made.gate.key} <= columns
    (exposure,) = document["exposures"]
    assert exposure["config"]["meta"]["sync"] == made.name
    assert exposure["depends_on"] == [f"ref('{made.model}')"]


def test_what_is_written_keeps_the_rules_of_the_house(tmp_path: Path) -> None:
    writers = {"works": write_connector, "line": write_destination, "deals": write_sync}
    written = [
        path
        for name, write in writers.items()
        for path in write(f"pipe_{name}", tmp_path) + write(name, tmp_path)
    ]
    # In the project it is there.
    (tmp_path / "reverse_etl" / "destinations" / "__init__.py").touch()
    first_party = ["connectors", "reverse_etl", "sandbox", "tests", "warehouse"]
    ours = f"lint.isort.known-first-party = {json.dumps(first_party)}"
    code = [str(path) for path in written if path.suffix == ".py"]
    ruff, house = Path(sys.executable).with_name("ruff"), PROJECT_ROOT / "pyproject.toml"
    for command in (["check", "--no-cache"], ["format", "--no-cache", "--check"]):
        found = subprocess.run(
            [ruff, *command, "--config", house, "--config", ours, *code],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("write", [write_connector, write_destination, write_sync])
@pytest.mark.parametrize("name", ["Acme", "1st", "a-b", "", "../etc", "a__b", "名"])
def test_a_name_that_is_none_is_refused(write: Write, name: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be a"):
        write(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", [write_connector, write_destination, write_sync])
def test_what_is_there_is_not_overwritten(write: Write, tmp_path: Path) -> None:
    for number, path in enumerate(write("acme", tmp_path)):
        root = tmp_path / str(number)
        mine = root / path.relative_to(tmp_path)
        mine.parent.mkdir(parents=True)
        mine.write_text("mine")
        with pytest.raises(Misconfigured, match="is there already: nothing was written"):
            write("acme", root)
        assert [one for one in root.rglob("*") if one.is_file()] == [mine]
        assert mine.read_text() == "mine"


def test_a_tool_that_is_read_is_not_emulated_twice(tmp_path: Path) -> None:
    write_connector("acme", tmp_path)
    with pytest.raises(Misconfigured, match="connectors/acme is there already"):
        write_destination("acme", tmp_path)
    assert not (tmp_path / "reverse_etl").exists()
