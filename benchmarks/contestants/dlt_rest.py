"""dlt's `rest_api` source into DuckDB through Parquet, as its documentation sets it up."""

from __future__ import annotations

import dlt
import duckdb
from dlt.sources.rest_api import rest_api_source

from benchmarks.job import Job


def pipeline(job: Job) -> dlt.Pipeline:
    """A pipeline whose state and database lie in the job's folder."""
    job.folder.mkdir(parents=True)
    return dlt.pipeline(
        "contacts",
        pipelines_dir=str(job.folder / "state"),
        destination=dlt.destinations.duckdb(str(job.folder / "dlt.duckdb")),
        dataset_name="hubspot",
    )


def land(job: Job) -> None:
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{job.base_url}/crm/v3/objects/",
                "paginator": {
                    "type": "cursor",
                    "cursor_path": "paging.next.after",
                    "cursor_param": "after",
                },
            },
            "resources": [
                {
                    "name": "contacts",
                    "primary_key": "id",
                    "write_disposition": "append",
                    "endpoint": {
                        "path": "contacts",
                        "params": job.query,
                        "data_selector": "results",
                    },
                }
            ],
        }
    )
    pipeline(job).run(source, loader_file_format="parquet")


def landed(job: Job) -> int:
    with duckdb.connect(str(job.folder / "dlt.duckdb")) as connection:
        row = connection.execute("select count(*) from hubspot.contacts").fetchone()
    return int(row[0]) if row else 0
