"""Data Docs beside Dagster: what is served, and to whom."""

from pathlib import Path

import httpx
import pytest

from orchestration import dbt_docs
from orchestration.commands.ui import describe_models
from orchestration.pages import served


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """What a build has left of a project."""
    (tmp_path / "dbt").mkdir()
    (tmp_path / "dbt/manifest.json").write_text("{}", encoding="utf-8")
    return tmp_path / "dbt"


def test_a_folder_is_served_on_loopback_and_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "docs" / "accounts").mkdir(parents=True)
    (tmp_path / "docs" / "accounts" / "index.html").write_text("judged", encoding="utf-8")
    (tmp_path / "state.sqlite").write_text("secret", encoding="utf-8")
    with served(tmp_path / "docs") as url, httpx.Client(base_url=url, trust_env=False) as client:
        assert url.startswith("http://127.0.0.1:")
        assert client.get("/accounts/index.html").text == "judged"
        for path in ("/../state.sqlite", "/%2e%2e/state.sqlite", "/..%2fstate.sqlite"):
            assert client.get(path).status_code == 404


def test_a_folder_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    with served(tmp_path / "none") as url:
        assert httpx.get(f"{url}/index.html", trust_env=False).status_code == 404


def test_the_webserver_is_not_stopped_by_pages_that_dbt_cannot_make_and_says_why(
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("orchestration.dbt_docs.sys.executable", "/bin/false")
    describe_models(target, target.parent / "docs")
    said = capsys.readouterr().out
    assert "half a minute" in said
    assert "could not be written" in said
    assert "`dbt docs generate` failed" in caplog.text


def test_nor_by_a_place_where_nothing_can_be_written(
    target: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (target.parent / "docs").touch()
    assert dbt_docs.write_dbt_docs(target, target.parent / "docs") is None
    assert "could not be written" in caplog.text


def test_pages_that_are_as_new_as_the_project_are_not_spoken_of(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = dbt_docs.dbt_docs(target.parent / "docs")
    page.parent.mkdir(parents=True)
    page.touch()
    describe_models(target, target.parent / "docs")
    describe_models(target.parent / "none", target.parent / "other")
    assert capsys.readouterr().out == ""
