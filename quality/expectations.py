"""Asks Great Expectations for evidence; the only module that imports it.

The import costs seconds, so it happens when the first gate runs and not before.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import great_expectations as gx
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations import core as gxe

from quality.evidence import Evidence
from quality.spec import Between, Holds, NotNull, OneOf, RowCount, Rule, RuleSet, Unique
from warehouse.buffered_dialect import url_of

# Counts are evidence; sample values would carry people's data into logs and pages.
_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}

# What DuckDB says of a statement is shown; what it says of a value would quote the value.
_ABOUT_THE_STATEMENT = {"Binder Error", "Catalog Error", "Parser Error"}


def gather(ruleset: RuleSet, warehouse_file: Path) -> list[Evidence]:
    """Evaluate every rule over the whole model; a rule that cannot be evaluated says so."""
    with _batch(ruleset, warehouse_file) as batch_definition:
        batch = batch_definition.get_batch()
        return [
            _evidence(rule, batch.validate(_expectation(rule), result_format=_RESULT_FORMAT))
            for rule in ruleset.rules
        ]


@contextmanager
def _batch(ruleset: RuleSet, warehouse_file: Path) -> Iterator[BatchDefinition[Any]]:
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = gx.get_context(mode="ephemeral")
        context.enable_analytics(enable=False)
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_sql(
            "warehouse",
            connection_string=url_of(warehouse_file),
            create_temp_table=False,
        )
        asset = source.add_table_asset(
            ruleset.ruleset, table_name=ruleset.model, schema_name="marts"
        )
        try:
            yield asset.add_batch_definition_whole_table("whole")
        finally:
            # A pooled connection would keep the file locked for dbt and everyone else.
            source.get_engine().dispose()


def _expectation(rule: Rule) -> Any:
    match rule:
        case NotNull():
            return gxe.ExpectColumnValuesToNotBeNull(column=rule.column)
        case Unique():
            return gxe.ExpectColumnValuesToBeUnique(column=rule.column)
        case Between():
            return gxe.ExpectColumnValuesToBeBetween(
                column=rule.column,
                min_value=None if rule.min is None else float(rule.min),
                max_value=None if rule.max is None else float(rule.max),
            )
        case OneOf():
            return gxe.ExpectColumnValuesToBeInSet(column=rule.column, value_set=list(rule.values))
        case Holds():
            return gxe.UnexpectedRowsExpectation(
                unexpected_rows_query=f"select 1 as broken from {{batch}} where {rule.failing()}"
            )
        case RowCount():
            return gxe.ExpectTableRowCountToBeBetween(min_value=rule.min, max_value=rule.max)


def _evidence(rule: Rule, validation: Any) -> Evidence:
    raised = validation.exception_info or {}
    nested = [info for info in raised.values() if isinstance(info, dict)]
    errors = [
        str(info.get("exception_message"))
        for info in [raised, *nested]
        if info.get("raised_exception")
    ]
    if errors:
        return Evidence(
            rule.name, rule.severity, "error", 0, _shown(errors[0]), because=rule.because
        )
    result = validation.result
    failed = int(result.get("unexpected_count") or 0)
    if isinstance(rule, Holds | RowCount) and not validation.success:
        failed = int(result.get("observed_value") or 0) if isinstance(rule, Holds) else 1
    return Evidence(
        rule.name,
        rule.severity,
        "passed" if validation.success else "failed",
        failed,
        because=rule.because,
    )


def _shown(error: str) -> str:
    """The first line of an error, or only its kind where it could quote somebody's data."""
    first = error.strip().partition("\n")[0]
    raised = re.search(r"\(_?duckdb\.[\w.]+\) ((\w+ )+Error): (.*)", first)
    if raised is None:
        return first
    if raised[1] in _ABOUT_THE_STATEMENT:
        return f"{raised[1]}: {raised[3]}"
    return f"{raised[1]}, in a value that is not shown here"
