"""The rules of the house that no linter knows: docstrings, budgets, the environment, names."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.settings import PROJECT_ROOT

PACKAGES = (
    "warehouse",
    "connectors",
    "identity",
    "estimators",
    "quality",
    "reverse_etl",
    "orchestration",
    "sandbox",
)

MODULE_LINES = 400
FUNCTION_LINES = {"median": 12, "p90": 35, "most": 80}
PARAMETERS = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> list[Path]:
    found = [path for name in PACKAGES for path in (PROJECT_ROOT / name).rglob("*.py")]
    return [path for path in sorted(found) if path.read_text(encoding="utf-8").strip()]


every_module = pytest.mark.parametrize(
    "path", modules(), ids=lambda path: path.relative_to(PROJECT_ROOT).as_posix()
)


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def parameters(function: Function) -> list[str]:
    """Those that a caller may give by position, without the one that Python gives."""
    named = [*function.args.posonlyargs, *function.args.args]
    return [argument.arg for argument in named if argument.arg not in {"self", "cls"}]


def faults_of(text: str) -> list[str]:
    """What is wrong with one module, as far as it can be seen in it alone."""
    tree = ast.parse(text)
    first = (ast.get_docstring(tree) or "").split("\n\n")[0]
    found = [] if first.endswith((".", ":")) else ["its docstring does not begin with a sentence"]
    if len(text.splitlines()) > MODULE_LINES:
        found.append(f"it has {len(text.splitlines())} lines")
    for function in functions(tree):
        if lines(function) > FUNCTION_LINES["most"]:
            found.append(f"{function.name} has {lines(function)} lines")
        if len(parameters(function)) > PARAMETERS:
            found.append(f"{function.name} takes {len(parameters(function))} parameters")
    if re.search(r"\bos\s*\.\s*(environ|getenv|putenv)\b|from os import .*(environ|getenv)", text):
        found.append("it reads the environment")
    return found


@every_module
def test_a_module_keeps_within_its_budget_and_says_what_it_decides(path: Path) -> None:
    allowed = {"it reads the environment"} if path.match("warehouse/settings.py") else set()
    assert set(faults_of(path.read_text(encoding="utf-8"))) <= allowed


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = 1\n", "its docstring"),
        ('"""no sentence"""\n', "its docstring"),
        ('"""Is long."""\n' + "x = 1\n" * 400, "it has 401 lines"),
        ('"""Is long."""\ndef f():\n' + "    x = 1\n" * 80, "f has 81 lines"),
        ('"""Takes much."""\ndef f(a, b, c, d, e, f, g): ...\n', "f takes 7 parameters"),
        ('"""Peeps."""\nimport os\nx = os.environ["HOME"]\n', "it reads the environment"),
        ('"""Peeps."""\nfrom os import getenv\n', "it reads the environment"),
    ],
)
def test_a_module_that_breaks_a_rule_is_found(text: str, fault: str) -> None:
    (found,) = faults_of(text)
    assert found.startswith(fault)


def test_keyword_only_parameters_are_not_counted() -> None:
    assert faults_of('"""Takes names."""\ndef f(self, a, *, b, c, d, e, f, g, h): ...\n') == []


@pytest.mark.parametrize("package", PACKAGES)
def test_most_functions_are_short(package: str) -> None:
    paths = sorted((PROJECT_ROOT / package).rglob("*.py"))
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    counted = sorted(lines(function) for tree in trees for function in functions(tree))
    assert statistics.median(counted) <= FUNCTION_LINES["median"]
    assert counted[len(counted) * 9 // 10] <= FUNCTION_LINES["p90"]


# Written in parts, so that this file does not name what it looks for.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "crates" + ".io",
    "proxy.go" + "lang.org",
    "ana" + "conda.org",
    "extensions." + "duckdb.org",
    "ghcr" + ".io",
    "docker" + ".io",
]
_TOPS = ("wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers")
MACHINE_PATHS = [rf"(?<![\w./:-])/{top}/" for top in _TOPS]


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("this tree is no git checkout")
    paths = (PROJECT_ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def places_of(pattern: str, paths: list[Path]) -> list[str]:
    found = []
    for path in paths:
        text = path.read_bytes().decode("utf-8", errors="ignore")
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(pattern, line):
                found.append(f"{path.relative_to(PROJECT_ROOT)}:{number}")
    return found


def test_no_file_names_a_registry() -> None:
    assert places_of("|".join(re.escape(host) for host in REGISTRIES), tracked()) == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    assert places_of("|".join(MACHINE_PATHS), tracked()) == []


def test_a_place_on_somebodys_machine_would_be_found() -> None:
    pattern = "|".join(MACHINE_PATHS)
    assert re.search(pattern, 'path = "/' + 'home/me/x"')
    assert re.search(pattern, "cd /" + "work/main")
    assert not re.search(pattern, "dir/" + "work/x and https://host/" + "home/x")
