"""The functions that the plugin adds to dbt's connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from warehouse.dbt_plugin import Plugin, committed, lent
from warehouse.domains import registrable_domain


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        Plugin("dbt_plugin", {"wait_seconds": 5}).configure_connection(connection)
        yield connection


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.Aoba.co.jp/ir?y=1#top", "aoba.co.jp"),
        ("sales.eu.aoba.de:8080", "aoba.de"),
        ("taro@mail.aoba.com", "aoba.com"),
        ("ＷＷＷ．ＡＯＢＡ．ＣＯＭ", "aoba.com"),
        ("aoba.com, aoba.co.jp", "aoba.com"),
        ("aoba.com、青葉.jp", "aoba.com"),
        # A host that others rent from its owner is the tenant's, not the owner's.
        ("https://aoba.github.io", "aoba.github.io"),
        # One domain in two scripts.
        ("日本語.jp", "xn--wgv71a119e.jp"),
        ("www.xn--wgv71a119e.jp", "xn--wgv71a119e.jp"),
        # A suffix that the list does not know.
        ("www.aoba.example", "aoba.example"),
        ("aoba_dev.example", "aoba_dev.example"),
        # Nobody registered these.
        ("co.jp", None),
        ("localhost", None),
        ("192.168.0.1", None),
        ("http://[::1]/", None),
        ("n/a", None),
        ("..", None),
        ("  ", None),
        ("", None),
    ],
)
def test_a_domain_is_what_somebody_registered(text: str, domain: str | None) -> None:
    assert registrable_domain(text) == domain


def test_the_functions_work_on_columns_and_pass_nulls_through(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = connection.execute(
        "select revops_nfkc(x), revops_registrable_domain(x) "
        "from (values ('㈱ＡＢＣ'), (null), ('ｗｗｗ.aoba.co.jp')) as texts(x)"
    ).fetchall()
    assert found == [("(株)ABC", None), (None, None), ("www.aoba.co.jp", "aoba.co.jp")]


def test_a_column_longer_than_one_batch_keeps_its_order(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    wrong: list[tuple[Any, ...]] = connection.execute(
        "select n from range(10000) as numbers(n) "
        "where revops_registrable_domain('www.a' || n % 100 || '.jp') != 'a' || n % 100 || '.jp'"
    ).fetchall()
    assert wrong == []


def test_an_empty_column_gives_an_empty_one(connection: duckdb.DuckDBPyConnection) -> None:
    empty = "select revops_registrable_domain(x) from (select 'a' as x where false)"
    assert connection.execute(empty).fetchall() == []


def test_what_is_done_in_a_committed_block_outlives_the_rollback_of_dbts_transaction() -> None:
    with duckdb.connect() as connection:
        session = lent(connection)
        connection.execute("begin transaction")
        connection.execute("create table before_it as select 1")
        with pytest.raises(duckdb.CatalogException), committed(session):
            connection.execute("create table within as select 1; select no_such_function()")
        connection.execute("create table behind_it as select 1")
        connection.execute("rollback")
        found = connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
    assert found == [("before_it",), ("within",)]


def test_where_no_transaction_is_open_none_is_opened() -> None:
    with duckdb.connect() as connection, committed(lent(connection)):
        connection.execute("create table within as select 1")
        connection.execute("begin transaction")
        connection.execute("commit")
