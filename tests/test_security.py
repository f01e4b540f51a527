"""What the threat model says of the code as it stands: SQL, certificates, ports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.connection import Warehouse, quoted, scratch
from warehouse.landing import RawStream
from warehouse.settings import PROJECT_ROOT

OURS = ("warehouse", "connectors", "identity", "estimators", "quality", "reverse_etl")
RUNNING = (*OURS, "orchestration", "sandbox")

HOSTILE = ['x"; drop table kept; --', "x'; drop table kept; --", "x y", "../x", "X", "株\n"]

# What turns certificates off, by keyword or by name.
_OFF = re.compile(
    r"\bverify\s*=\s*False|_create_unverified_context|\bCERT_NONE\b|check_hostname\s*=\s*False"
    r"|disable_warnings\(|InsecureRequestWarning|trust_all|AutoAddPolicy"
)
_EVERYWHERE = re.compile(r"0\.0\.0\.0|['\"]::['\"]|INADDR_ANY|host\s*=\s*['\"]['\"]")


# Statements whose holes between quotes are names of our own code, or were matched against a pattern
# before; looked at one by one. A file that is not here has none.
_LOOKED_AT = {
    "identity/engine.py": "names and values of DuckDB's settings, constants",
    "identity/matching.py": "constants of the module",
    "identity/models.py": "a version that the code itself computes",
    "identity/names/company_links.py": "constants of the module",
    "identity/resolve.py": "constants; the path doubles its quotes",
    "quality/dbt_tests.py": "names of rules, which their document holds to a pattern",
    "reverse_etl/erasure/subject.py": "names of vendors and streams of the code",
    "warehouse/canonical_files.py": "names of the canonical tables, constants",
    "warehouse/lake.py": "constants; paths, address and password double their quotes",
    "warehouse/lake_history.py": "constants; snapshots are whole numbers",
    "warehouse/layout.py": "a stream's name, which the query before it holds to a pattern",
    "warehouse/state_copy.py": "names of the state store's tables",
    "warehouse/tombstones.py": "constants of the module",
    "warehouse/version_log.py": "a stream's name, which `RawStream` holds to a pattern",
}


def sources(packages: tuple[str, ...]) -> Iterator[Path]:
    for package in packages:
        yield from sorted((PROJECT_ROOT / package).rglob("*.py"))


def places(pattern: re.Pattern[str], packages: tuple[str, ...]) -> list[str]:
    """Where a pattern stands in the code."""
    return [
        f"{path.relative_to(PROJECT_ROOT)}:{number}"
        for path in sources(packages)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize(
    "line", ["Client(verify=False)", "ssl._create_unverified_context()", "x = ssl.CERT_NONE"]
)
def test_a_line_that_turns_certificates_off_would_be_found(line: str) -> None:
    assert _OFF.search(line)


def test_nothing_turns_certificates_off() -> None:
    """`Transport` takes `verify`, as httpx's does; nobody hands it anything."""
    assert places(_OFF, RUNNING) == []
    assert places(re.compile(r"Transport\([^)]*verify"), RUNNING) == []


@pytest.mark.parametrize("line", ['bind("0.0.0.0")', "listen('::')", 'serve(host="")'])
def test_a_line_that_listens_everywhere_would_be_found(line: str) -> None:
    assert _EVERYWHERE.search(line)


def test_nothing_listens_but_on_loopback() -> None:
    assert places(_EVERYWHERE, RUNNING) == []


def unquoted_holes(text: str) -> list[int]:
    """Lines where an identifier is put between double quotes by an f-string of SQL, unescaped."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.JoinedStr):
            continue
        parts = node.values
        plain = "".join(str(one.value) for one in parts if isinstance(one, ast.Constant)).lower()
        if not re.search(r"\b(select|insert into|create|drop|alter|delete from|update)\b", plain):
            continue
        for before, hole, after in zip(parts, parts[1:], parts[2:], strict=False):
            quotes = [
                str(one.value)[place] if isinstance(one, ast.Constant) else ""
                for one, place in ((before, -1), (after, 0))
            ]
            if isinstance(hole, ast.FormattedValue) and quotes in (['"', '"'], ["'", "'"]):
                found.append(node.lineno)
    return found


def test_a_quote_around_a_hole_would_be_found() -> None:
    assert unquoted_holes("""f'select * from "{name}" where x' """) == [1]
    assert unquoted_holes("""f"select * from t where x = '{value}' " """) == [1]
    assert unquoted_holes("""f"select * from {quoted(name)} where x" """) == []


def test_no_statement_puts_its_own_quotes_round_a_name_or_value() -> None:
    """Quotes come from `quoted` and `literal`, which double those inside."""
    found = {
        path.relative_to(PROJECT_ROOT).as_posix()
        for path in sources(RUNNING)
        if unquoted_holes(path.read_text("utf-8"))
    }
    assert found - set(_LOOKED_AT) == set()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_of_a_stream_is_no_table(name: str, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    with pytest.raises(ValueError, match="not a name"):
        RawStream(warehouse, "hubspot", name)
    with pytest.raises(ValueError, match="not a name"):
        RawStream(warehouse, name, "contacts")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_that_is_quoted_is_a_name_and_nothing_else(name: str) -> None:
    with scratch() as session:
        session.execute("create table kept as select 1 as one")
        session.execute(f"create table {quoted('t' + name)} as select 1 as {quoted('c' + name)}")
        assert session.rows(f"from {quoted('t' + name)}") == [{"c" + name: 1}]
        assert session.value("select one from kept") == 1


def test_every_package_is_pinned_by_version_and_hash() -> None:
    for lock in ("requirements.lock", "requirements-pip.lock", "benchmarks/requirements.lock"):
        text = (PROJECT_ROOT / lock).read_text("utf-8").replace("\\\n", " ")
        pinned = [line for line in text.splitlines() if line and line[0] not in "# "]
        assert pinned
        wrong = [
            one for one in pinned if not re.match(r"[\w.\-\[\], ]+==\S+ .*--hash=sha256:", one)
        ]
        assert wrong == []
