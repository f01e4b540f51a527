"""What is explained is what is measured: the registry against values, models and pages."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from orchestration.commands.playbook import playbook_command
from orchestration.playbook import PAGES, playbook
from tests.metrics.measured import Models
from warehouse import metric_registry
from warehouse.documents import read_document
from warehouse.errors import Misconfigured
from warehouse.metric_registry import (
    REGISTRY,
    Language,
    MetricRegistry,
    read_registry,
    registry_table,
)
from warehouse.settings import DBT_PROJECT, PROJECT_ROOT

EXAMPLE = Path(__file__).parent / "worked_example"
CURRENCY = "USD"
UNITS = {
    CURRENCY: "money",
    f"{CURRENCY.lower()}_ratio": "money_ratio",
    f"{CURRENCY.lower()}_per_day": "money_per_day",
}
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龥]")

Shapes = dict[str, tuple[set[frozenset[str]], set[str]]]


@pytest.fixture(scope="module")
def registry() -> MetricRegistry:
    return read_registry()


@pytest.fixture(scope="module")
def measured(models: Models) -> Shapes:
    """Of every metric of the worked example, its sets of dimensions and kinds of unit."""
    found: Shapes = defaultdict(lambda: (set(), set()))
    with models.measured(EXAMPLE) as session:
        for row in session.rows("select distinct metric, dims, unit from metrics.metric_values"):
            shapes, units = found[row["metric"]]
            shapes.add(frozenset(json.loads(row["dims"])))
            units.add(UNITS.get(str(row["unit"]), str(row["unit"])))
    return found


def test_every_metric_measured_is_explained_and_every_one_explained_is_measured(
    registry: MetricRegistry, measured: Shapes
) -> None:
    assert {metric.metric for _, metric in registry.metrics()} == set(measured)


def test_dimensions_and_units_are_as_explained(registry: MetricRegistry, measured: Shapes) -> None:
    explained = {
        metric.metric: (metric.dimensions, {metric.unit}) for _, metric in registry.metrics()
    }
    assert {name: explained[name] for name in measured} == measured


def test_every_definition_names_models_and_canonical_tables_that_are_there(
    registry: MetricRegistry,
) -> None:
    models = {
        path.stem
        for path in (DBT_PROJECT / "models" / "metrics").rglob("*")
        if path.suffix in {".sql", ".py"}
    }
    tables = {path.stem for path in (DBT_PROJECT / "models" / "canonical").rglob("*.sql")}
    missing = [
        (family.id, name)
        for family in registry.families
        for names, known in ((family.models, models), (family.tables, tables))
        for name in names
        if name not in known
    ]
    assert missing == []


def test_every_metric_has_an_owner_who_is_named(registry: MetricRegistry) -> None:
    assert {family.owner for family in registry.families} == set(registry.owners)
    assert {family.subject for family in registry.families} == set(registry.subjects)


def test_everything_is_said_in_japanese_too(registry: MetricRegistry) -> None:
    untranslated = [
        text["ja"]
        for text in _texts(registry.model_dump())
        if not JAPANESE.search(text["ja"]) and text["ja"] != "NPS"
    ]
    assert untranslated == []


def _texts(part: object) -> list[dict[str, str]]:
    if isinstance(part, dict):
        if set(part) == {"en", "ja"}:
            return [part]
        part = list(part.values())
    return (
        [one for child in part for one in _texts(child)] if isinstance(part, list | tuple) else []
    )


@pytest.mark.parametrize("language", PAGES)
def test_the_pages_are_made_of_the_registry_as_it_is(
    language: Language, registry: MetricRegistry
) -> None:
    page = PROJECT_ROOT / "docs" / PAGES[language]
    assert page.read_text("utf-8") == playbook(registry, language), "run `revops playbook`"


def test_the_command_writes_both_pages_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "wiki"
    assert playbook_command.main(["--out", str(out)], standalone_mode=False) == 0
    assert {path.name for path in out.iterdir()} == set(PAGES.values())
    assert str(out / "playbook.ja.md") in capsys.readouterr().out


@pytest.mark.parametrize("language", PAGES)
def test_every_metric_is_in_the_index_and_its_link_leads_to_a_heading(
    language: Language, registry: MetricRegistry
) -> None:
    page = playbook(registry, language)
    index = page[page.rindex("\n## ") :]
    assert re.findall(r"^\| `(\w+)`", index, re.MULTILINE) == sorted(
        metric.metric for _, metric in registry.metrics()
    )


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("formulae", "formula", r"families\.0\.formulae: Extra inputs"),
        ("owner: finanz", "owner: finance", "family mrr: owner finanz is not among owners"),
        ("subject: returning", "subject: recurring", "subject returning is not among subjects"),
        ("choices: [mrrr", "choices: [mrr", "'mrrr' is no choice of the policy"),
        ("unit: yen", "unit: money", r"metrics\.0\.unit: Input should be"),
        ("dims: [moon]", "dims: [month]", "metric mrr_closing: dimension moon is not among dims"),
        ("metric: mrr_closing", "metric: mrr_opening", "metric mrr_closing is defined twice"),
    ],
)
def test_a_wrong_registry_is_refused(wrong: str, right: str, said: str, tmp_path: Path) -> None:
    text = REGISTRY.read_text("utf-8")
    assert right in text
    path = tmp_path / "metric_registry.yml"
    path.write_text(text.replace(right, wrong, 1), "utf-8")
    with pytest.raises(Misconfigured, match=said):
        read_document(path, MetricRegistry)


def test_an_unknown_key_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "metric_registry.yml"
    lines = REGISTRY.read_text("utf-8").splitlines()
    number = next(n for n, line in enumerate(lines, 1) if line.strip() == "- metric: mrr_opening")
    lines.insert(number, "        colour: red")
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(Misconfigured) as error:
        read_document(path, MetricRegistry)
    assert f"{path.name}:{number + 1}: families.0.metrics.1.colour" in error.value.message


def test_two_definitions_of_one_name_are_refused(registry: MetricRegistry, tmp_path: Path) -> None:
    text = REGISTRY.read_text("utf-8")
    name = registry.families[1].name.en
    path = tmp_path / "metric_registry.yml"
    path.write_text(text.replace(registry.families[0].name.en, name, 1), "utf-8")
    with pytest.raises(Misconfigured, match=re.escape(f"'{name}' is the name of two things")):
        read_document(path, MetricRegistry)


def test_folded_japanese_has_no_spaces_between_its_lines(tmp_path: Path) -> None:
    text = metric_registry.Text(
        en="a b", **yaml.safe_load("ja: >-\n  受注した\n  商談、\n  MRR の\n  合計 ÷ 2")
    )
    assert (text.en, text.ja) == ("a b", "受注した商談、MRR の合計 ÷ 2")


def test_sql_sees_every_metric_with_its_names(registry: MetricRegistry) -> None:
    rows = registry_table().to_pylist()
    assert [row["metric"] for row in rows] == [one.metric for _, one in registry.metrics()]
    assert next(row for row in rows if row["metric"] == "win_rate_count") == {
        "metric": "win_rate_count",
        "family": "win_rate",
        "subject": "sales",
        "name_en": "Win rate",
        "name_ja": "受注率（件数）",
        "unit": "ratio",
        "direction": "higher",
        "owner": "sales",
        "matures": False,
    }
