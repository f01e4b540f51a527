"""Data Docs beside Dagster: what is served, and to whom."""

from pathlib import Path

import httpx

from orchestration.pages import served


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
