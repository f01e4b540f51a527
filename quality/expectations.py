"""Asks Great Expectations for evidence; the only module that imports it.

The import costs seconds, so it happens when the first gate runs and not before. Every rule is an
expectation about one aggregate, and Great Expectations asks for all aggregates of a table in one
statement: a table is read once, however many rules it has.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import great_expectations as gx
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_partial
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from quality.gate import NEWEST_PAGE
from quality.rule import Measure
from quality.spec import RuleSet
from warehouse.buffered_dialect import expression, url_of
from warehouse.lake import Place

# Counts are evidence; sample values would carry people's data into logs and pages.
_RESULT_FORMAT: dict[str, str | bool | int | list[str]] = {
    "result_format": "BASIC",
    "partial_unexpected_count": 0,
}

# What DuckDB says of a statement is shown; what it says of a value would quote the value.
_ABOUT_THE_STATEMENT = {"Binder Error", "Catalog Error", "Parser Error"}

Result = dict[str, Any]


class SqlAggregate(TableMetricProvider):  # type: ignore[misc,unused-ignore]
    """An aggregate in SQL; those of one table are bundled into one statement."""

    metric_name = "table.sql_aggregate"
    value_keys = ("sql",)

    @metric_partial(  # type: ignore[misc,unused-ignore]
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(
        cls,  # noqa: N805 - Great Expectations makes it a class method
        *,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: Any,
    ) -> Any:
        return expression(metric_value_kwargs["sql"]), metric_domain_kwargs, {}


class ExpectNoUnsoundRows(BatchExpectation):  # type: ignore[misc,unused-ignore]
    """Expect the aggregate `sql`, a number of rows, to be nought."""

    rule: str
    sql: str
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.sql_aggregate", "table.row_count")
    success_keys: ClassVar[tuple[str, ...]] = ("rule", "sql")
    args_keys: ClassVar[tuple[str, ...]] = ("rule", "sql")

    def _validate(
        self,
        metrics: dict[Any, Any],
        runtime_configuration: dict[Any, Any] | None = None,  # noqa: ARG002 - the base's signature
        execution_engine: Any = None,  # noqa: ARG002
    ) -> Result:
        rows, failed = metrics["table.row_count"], metrics["table.sql_aggregate"]
        return {
            "success": failed == 0,
            "result": {
                "element_count": rows,
                "unexpected_count": failed,
                "unexpected_percent": 100 * failed / rows if rows else 0.0,
                "partial_unexpected_list": [],
            },
        }


class ExpectAggregateToBeBetween(BatchExpectation):  # type: ignore[misc,unused-ignore]
    """Expect the aggregate `sql` to lie between two bounds, either of which may be left out."""

    rule: str
    sql: str
    low: float | None = None
    high: float | None = None
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.sql_aggregate",)
    success_keys: ClassVar[tuple[str, ...]] = ("rule", "sql", "low", "high")
    args_keys: ClassVar[tuple[str, ...]] = ("rule", "sql", "low", "high")

    def _validate(
        self,
        metrics: dict[Any, Any],
        runtime_configuration: dict[Any, Any] | None = None,  # noqa: ARG002 - the base's signature
        execution_engine: Any = None,  # noqa: ARG002
    ) -> Result:
        observed = metrics["table.sql_aggregate"]
        observed = None if observed is None else float(observed)
        is_within = (
            observed is not None
            and (self.low is None or observed >= self.low)
            and (self.high is None or observed <= self.high)
        )
        return {"success": is_within, "result": {"observed_value": observed}}


def gather(
    ruleset: RuleSet,
    measures: Mapping[str, Measure],
    place: Place,
    *,
    run_id: str,
    docs: Path | None = None,
) -> dict[str, Result]:
    """Great Expectations' own result of each rule, by the rule's name; one checkpoint for all.

    Its Data Docs are written into the folder `docs`, if one is given, and name the run.
    """
    with _batch(ruleset, place) as (context, definition):
        suite = context.suites.add(gx.ExpectationSuite(ruleset.ruleset))
        for name, measure in measures.items():
            suite.add_expectation(_expectation(ruleset, name, measure))
        validation = context.validation_definitions.add(
            gx.ValidationDefinition(name=ruleset.ruleset, data=definition, suite=suite)
        )
        checkpoint = gx.Checkpoint(
            name=ruleset.ruleset,
            validation_definitions=[validation],
            result_format=_RESULT_FORMAT,
        )
        # The name of the run becomes a folder of the pages.
        named = RunIdentifier(run_name=run_id.replace("/", "."))
        (run,) = context.checkpoints.add(checkpoint).run(run_id=named).run_results.values()
        found = [_said(one) for one in run.results]
        if any(one["exception_info"]["raised_exception"] for one in found):
            # They are asked for in one statement, and fail together: who is to blame?
            batch = definition.get_batch()
            found = [
                _said(batch.validate(one, result_format=_RESULT_FORMAT))
                for one in suite.expectations
            ]
        if docs is not None:
            _write_docs(context, docs, named)
    return {one["expectation_config"]["kwargs"]["rule"]: one for one in found}


def _write_docs(context: Any, folder: Path, named: RunIdentifier) -> None:
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}
    pages = {"class_name": "DefaultSiteIndexBuilder"}
    context.add_data_docs_site(
        "gate",
        {"class_name": "SiteBuilder", "store_backend": store, "site_index_builder": pages},
    )
    context.build_data_docs(["gate"])
    written = folder.glob(f"validations/**/{named.run_name}/**/*.html")
    _point(folder / NEWEST_PAGE, max(written, key=lambda one: one.stat().st_mtime))


def _point(page: Path, to: Path) -> None:
    """A page of one address that shows another: theirs are called by the instant of the run.

    The list of the site is filled by scripts from the internet; without them it stays empty, where
    a result can still be read.
    """
    address = escape(quote(to.relative_to(page.parent).as_posix()))
    page.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(to.stem)}</title>'
        f'<meta http-equiv="refresh" content="0; url={address}">'
        f'<p><a href="{address}">The newest result</a></p></html>\n',
        encoding="utf-8",
    )


@contextmanager
def _batch(ruleset: RuleSet, place: Place) -> Iterator[tuple[Any, BatchDefinition[Any]]]:
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = gx.get_context(mode="ephemeral")
        context.enable_analytics(enable=False)
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_sql(
            "warehouse",
            connection_string=url_of(place),
            create_temp_table=False,
        )
        try:
            if ruleset.relation == ruleset.table:
                asset: Any = source.add_table_asset(
                    ruleset.ruleset, table_name=ruleset.model, schema_name=ruleset.schema_name
                )
            else:
                query = ruleset.relation.removeprefix("(").removesuffix(")")
                asset = source.add_query_asset(ruleset.ruleset, query=query)
            definition = asset.add_batch_definition_whole_table("whole")
            # Each statement takes a connection; while one is open, more of them cost nothing.
            with source.get_engine().connect():
                yield context, definition
        finally:
            # A pooled connection would keep the file locked for dbt and everyone else.
            source.get_engine().dispose()


def _expectation(ruleset: RuleSet, name: str, measure: Measure) -> Any:
    rule = next(one for one in ruleset.rules if one.name == name)
    said: dict[str, Any] = {
        # Of two expectations that say the same, a suite keeps one.
        "rule": name,
        "sql": measure.sql,
        "description": f"{name}: {rule.because}",
        "severity": "critical" if rule.severity == "hold" else "warning",
        "meta": {"severity": rule.severity, "owner": ruleset.owner_of(name)},
    }
    if measure.counts_rows:
        return ExpectNoUnsoundRows(**said)
    return ExpectAggregateToBeBetween(**said, low=measure.low, high=measure.high)


def _said(validation: Any) -> Result:
    """A result as JSON; of an error, only what cannot quote somebody's data."""
    found: Result = validation.to_json_dict()
    raised = found.get("exception_info") or {}
    nested = [info for info in raised.values() if isinstance(info, dict)]
    messages = [
        str(info.get("exception_message"))
        for info in [raised, *nested]
        if info.get("raised_exception")
    ]
    return found | {
        "exception_info": {
            "raised_exception": bool(messages),
            "exception_message": _shown(messages[0]) if messages else None,
            "exception_traceback": None,
        }
    }


def _shown(error: str) -> str:
    """The first line of an error, or only its kind where it could quote somebody's data."""
    first = error.strip().partition("\n")[0]
    raised = re.search(r"\(_?duckdb\.[\w.]+\) ((\w+ )+Error): (.*)", first)
    if raised is None:
        return first
    if raised[1] in _ABOUT_THE_STATEMENT:
        return f"{raised[1]}: {raised[3]}"
    return f"{raised[1]}, in a value that is not shown here"
