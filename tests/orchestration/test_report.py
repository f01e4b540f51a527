"""`revops report`: its numbers are the warehouse's, it needs nothing, and harms nobody."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestration.report.facts import METRICS
from tests.browser import opened_browser
from tests.orchestration.command import revops
from tests.orchestration.conftest import TwoDays, environment
from tests.orchestration.reported import (
    HOSTILE,
    WINDOW,
    Page,
    canonical,
    measured_warehouse,
    values,
)
from warehouse.connection import Warehouse
from warehouse.reading import reading

if TYPE_CHECKING:
    from playwright.sync_api import Browser


COHORT = {"cohort": f"first_mql_{WINDOW}"}


def canonical_of(dims: dict[str, str]) -> str:
    return canonical(json.dumps(dims))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a measured warehouse, and the page that the command makes of it."""
    place = tmp_path_factory.mktemp("home")
    measured_warehouse(place / "warehouse.duckdb")
    with environment({"REVOPS_HOME": str(place)}, place):
        said = revops("report", "--out", "report.html", "--company", HOSTILE, "--json")
    assert said.code == 0, said.err
    assert said.document["languages"] == ["en", "ja"]
    assert said.document["undefined"] == sum(value is None for *_, value in values())
    return place


@pytest.fixture(scope="module")
def text(home: Path) -> str:
    return (home / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page.of(text)


def test_every_number_is_the_metric_value(page: Page) -> None:
    assert {key: value for key, (value, _) in page.metric_values().items()} == {
        (metric, canonical_of(dims)): value or "" for metric, dims, value in values()
    }


def test_numbers_are_written_as_the_language_writes_them(page: Page) -> None:
    said = {(metric, dims): forms for (metric, dims), (_, forms) in page.metric_values().items()}
    assert said["nrr", canonical_of({"period": WINDOW})] == {"123.5%"}
    closing = said["mrr_closing", canonical_of({"month": "2026-03"})]
    # The table is exact; the tile is short. The yen has no minor unit.
    assert closing == {"¥12,090", "¥12.1K", "￥12,090", "￥1.2万"}
    assert said["mql_count", canonical_of({"period": WINDOW})] == {"3"}


def test_what_is_undefined_is_said_with_its_reason_and_is_no_zero(page: Page) -> None:
    found = page.metric_values()
    for metric, dims, value in values():
        if value is None:
            assert found[metric, canonical_of(dims)] == ("", {"undefined", "未定義"})
    written = " ".join(page.texts)
    assert "“Pipeline coverage” is undefined here: No quota, or it is reached already." in written
    assert "「パイプラインカバレッジ" in written
    # A zero is a zero.
    assert found["funnel_stage_count", canonical_of(COHORT | {"stage": "SAL"})] == ("0", {"0"})


def test_the_waterfall_adds_up(page: Page) -> None:
    written = " ".join(page.texts)
    # Three months of each movement: 150 new, 31.5 expansion, 90 churn.
    for amount in ("¥150", "¥32", "-¥90"):
        assert amount in written


def test_hostile_names_are_shown_and_do_nothing(text: str, page: Page) -> None:
    assert not page.tags & {"script", "img", "iframe", "object", "foreignObject"}
    assert not [name for _, found in page.elements for name in found if name.startswith("on")]
    # As heading, stage, owner, customer, segment and channel, in both languages.
    assert page.texts.count(HOSTILE) >= 12
    assert "<img" not in text
    assert "49" not in re.findall(r"株式会社\W+(\d+)", text)


def test_the_page_asks_for_nothing(text: str, page: Page) -> None:
    asked = {
        value
        for _, found in page.elements
        for name, value in found.items()
        if name in {"src", "href", "xlink:href", "srcset", "action", "data"}
        and not value.startswith("#")
    }
    assert asked == {"data:,"}
    assert not re.search(r"@import|url\((?!#)", text)
    policies = [
        found["content"] for tag, found in page.elements if tag == "meta" and "http-equiv" in found
    ]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_each_chart_is_told_and_has_its_table_and_its_definition(page: Page) -> None:
    drawn = [found for tag, found in page.elements if found.get("role") == "img"]
    assert len(drawn) == 2 * 2 * 11
    assert all(found["aria-label"] for found in drawn)
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(ids) == len(set(ids))
    names = {found["data-metric"] for tag, found in page.elements if tag == "data"}
    assert names <= set(METRICS)
    written = " ".join(page.texts)
    for name in names:
        assert f" {name} " in f" {written} "


def test_one_language_has_no_switch_and_says_what_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = measured_warehouse(tmp_path / "warehouse.duckdb", whole=False)
    with warehouse.open("a test") as session:
        session.execute("delete from metrics.metric_values where metric <> 'mrr_closing'")
    monkeypatch.setenv("REVOPS_HOME", str(tmp_path))
    said = revops("report", "--out", str(tmp_path / "ja.html"), "--lang", "ja")
    page = Page.of((tmp_path / "ja.html").read_text(encoding="utf-8"))
    assert said.code == 0, said.err
    assert said.out.count("nothing to show") == 8
    assert "input" not in page.tags
    assert {found["lang"] for _, found in page.elements if "lang" in found} == {"ja"}
    assert "MRR は計測" not in " ".join(page.texts)
    assert "経常収益は計測されていません。" in page.texts
    assert [found for tag, found in page.elements if tag == "svg"] == []


@pytest.mark.parametrize("made", ["nothing", "an empty file"])
def test_an_empty_warehouse_is_refused(
    made: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if made == "an empty file":
        with Warehouse(tmp_path / "warehouse.duckdb").open("a test") as session:
            session.execute("create table other as select 1")
    monkeypatch.setenv("REVOPS_HOME", str(tmp_path))
    said = revops("report", "--out", str(tmp_path / "report.html"))
    assert said.code == 2
    assert "next:" in said.err
    assert not (tmp_path / "report.html").exists()


def test_a_folder_that_is_not_there_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVOPS_HOME", str(home))
    said = revops("report", "--lang", "en", "--out", str(home / "none" / "report.html"))
    assert said.code == 2
    assert "cannot be written" in said.err


def test_other_commands_load_no_chart_library() -> None:
    code = (
        "import sys, orchestration.cli as c; c.cli.get_command(None, 'report');"
        "sys.exit(', '.join({'vl_convert', 'jinja2', 'babel'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_built_company_is_reported(two_days: TwoDays, tmp_path: Path) -> None:
    with environment(two_days.settings, tmp_path):
        assert revops("report", "--out", "report.html", "--lang", "en").code == 0
    page = Page.of((tmp_path / "report.html").read_text(encoding="utf-8"))
    with reading(two_days.home / "warehouse.duckdb") as session:
        rows = session.rows("select metric, dims, value from metrics.metric_values")
        ties = session.rows(
            """
            select
                (select sum(amount) from marts.opportunities where is_pipeline)
                = (select value::decimal(24, 3) from metrics.metric_values
                    where metric = 'pipeline_value') as pipeline,
                (select value::decimal(24, 3) from metrics.metric_values
                    where metric = 'mrr_opening' order by dims limit 1)
                + (select sum(value::decimal(24, 3)) from metrics.metric_values
                    where metric = 'mrr_movement')
                = (select value::decimal(24, 3) from metrics.metric_values
                    where metric = 'mrr_closing' order by dims desc limit 1) as mrr
            """
        )
    known = {(row["metric"], canonical(row["dims"])): row["value"] or "" for row in rows}
    found = page.metric_values()
    assert len(found) > 200
    assert {key: float(value) for key, (value, _) in found.items() if value} == {
        key: float(known[key]) for key in found if known[key]
    }
    assert {key for key, (value, _) in found.items() if not value} == {
        key for key in found if not known[key]
    }
    assert ties == [{"pipeline": True, "mrr": True}]


@pytest.fixture(scope="module")
def browser() -> object:
    with opened_browser() as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [375, 1200])
def test_a_browser_shows_it_to_everybody(
    browser: Browser, home: Path, width: int, language: str, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"file://{home / 'report.html'}")
    page.get_by_label("日本語" if language == "ja" else "English").check(force=True)
    # The other language is not there at all.
    assert page.locator("h1:visible").count() == 1
    for closed in page.locator("summary:visible").all():
        closed.click()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    sizes = page.locator(f".edition:lang({language}) .drawn:visible")
    assert sizes.count() == 11
    rules = Axe().run(page)
    assert rules.violations_count == 0, rules.generate_report()
    assert complaints == []
    assert asked == [f"file://{home / 'report.html'}"]
    context.close()


@pytest.mark.slow
def test_everything_is_printed(browser: Browser, home: Path) -> None:
    page = browser.new_page()
    page.goto(f"file://{home / 'report.html'}")
    page.emulate_media(media="print")
    assert page.locator(".switch").is_hidden()
    # What is folded away on the screen is on the paper.
    table = page.locator("details.table table").first
    assert table.bounding_box() is not None
    assert table.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
