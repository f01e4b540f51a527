"""dlt at its fastest: a resource of our own that yields Arrow tables, page by page typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dlt
import pyarrow as pa
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator

from benchmarks.contestants.dlt_rest import landed, pipeline
from benchmarks.job import PROPERTIES, Job

__all__ = ["land", "landed"]

_SEGMENT = 5_000
_SHAPE = pa.schema([("id", pa.string()), *((name, pa.string()) for name in PROPERTIES)])


def land(job: Job) -> None:
    pipeline(job).run(_contacts(job), loader_file_format="parquet")


def _contacts(job: Job) -> Any:
    @dlt.resource(name="contacts", write_disposition="append")
    def contacts() -> Iterator[pa.Table]:
        paginator = JSONResponseCursorPaginator("paging.next.after", cursor_param="after")
        client = RESTClient(f"{job.base_url}/crm/v3/objects/", paginator=paginator)
        held: list[dict[str, Any]] = []
        for page in client.paginate("contacts", params=job.query, data_selector="results"):
            held += ({"id": record["id"], **record["properties"]} for record in page)
            if len(held) >= _SEGMENT:
                yield _typed(held)
                held = []
        if held:
            yield _typed(held)

    return contacts


def _typed(records: list[dict[str, Any]]) -> pa.Table:
    table = pa.Table.from_pylist(records, schema=_SHAPE)
    for name, type_ in PROPERTIES.items():
        if type_ == "bigint":
            table = _cast(table, name, pa.int64())
        elif type_ == "timestamptz":
            table = _cast(table, name, pa.timestamp("us", tz="UTC"))
    return table


def _cast(table: pa.Table, name: str, to: pa.DataType) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, name, table.column(name).cast(to))
