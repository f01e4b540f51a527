"""`revops new connector` writes one that reads its emulated vendor at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.scaffolding import write_connector
from warehouse.errors import Misconfigured
from warehouse.settings import PROJECT_ROOT

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


def test_what_is_written_keeps_the_rules_of_the_house(tmp_path: Path) -> None:
    written = write_connector("pipe_works", tmp_path)
    ours = 'lint.isort.known-first-party = ["connectors", "sandbox", "tests", "warehouse"]'
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


@pytest.mark.parametrize("name", ["Acme", "1st", "a-b", "", "../etc", "a__b", "名"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Misconfigured, match="cannot be a connector's name"):
        write_connector(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (path, *_) = write_connector("acme", tmp_path)
    path.write_text("mine")
    with pytest.raises(Misconfigured, match="is there already"):
        write_connector("acme", tmp_path)
    assert path.read_text() == "mine"
