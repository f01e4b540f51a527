"""What is invented of dropped files, and how a day passes in folders and databases."""

import csv
import json
import shutil
import sqlite3
from pathlib import Path

import pyarrow.parquet as pq

from sandbox.app import create_app
from sandbox.arrivals import arrive


def rows(path: Path, encoding: str) -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def test_the_files_are_what_a_japanese_team_drops(data: Path) -> None:
    (quotas,) = (data / "files").glob("quotas_*.csv")
    found = rows(quotas, "cp932")
    assert set(found[0]) == {"担当者", "期間", "通貨", "金額"}
    assert sum(row["金額"] == "未定" for row in found) == 1
    assert pq.read_table(data / "files" / "fx_rates.parquet").num_rows == 39
    (answers,) = (data / "files").glob("nps_responses-*.json")
    assert {"response_id", "email", "score"} < set(json.loads(answers.read_text("utf-8"))[0])
    assert (data / "files" / "targets.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def customers(data: Path) -> int:
    connection = sqlite3.connect(data / "database" / "product.sqlite")
    (count,) = connection.execute("select count(*) from customers").fetchone()
    connection.close()
    return int(count)


def test_a_day_changes_folders_and_databases_only_where_that_is_wanted(
    data: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    before = customers(copy)
    files = len(list((copy / "events").rglob("*.*")))
    create_app(copy).advance()
    assert customers(copy) == before
    create_app(copy, changes_folders=True).advance()
    assert customers(copy) == before - 1
    assert len(list((copy / "events").rglob("*.*"))) == files + 2
    (quotas,) = (copy / "files").glob("quotas_*.csv")
    assert not any("staff8" in row["担当者"] for row in rows(quotas, "cp932"))
    arrive(copy)
    assert customers(copy) == before - 1
