"""The floor: curl fetches every page, DuckDB reads the same records from lines into a table."""

from __future__ import annotations

import subprocess

import duckdb

from benchmarks.job import PROPERTIES, Job


def land(job: Job) -> None:
    job.folder.mkdir(parents=True)
    asked = job.folder / "pages.curl"
    asked.write_text("".join(f'url = "{url}"\noutput = "/dev/null"\n' for url in job.pages()))
    subprocess.run(["curl", "--silent", "--fail", "--config", str(asked)], check=True)
    columns = ", ".join(
        f"properties.{name}::{type_} as {name}" for name, type_ in PROPERTIES.items()
    )
    shape = ", ".join(f"{name} varchar" for name in PROPERTIES)
    with duckdb.connect(str(job.folder / "floor.duckdb")) as connection:
        connection.execute(
            f"""
            create table contacts as
            select id::bigint as id, {columns}, "createdAt", "updatedAt", archived
            from (
                from read_json('{job.lines}', format = 'newline_delimited', columns = {{
                    id: 'varchar', properties: 'struct({shape})', "createdAt": 'timestamptz',
                    "updatedAt": 'timestamptz', archived: 'boolean'
                }})
                limit {job.rows}
            )
            """
        )


def landed(job: Job) -> int:
    with duckdb.connect(str(job.folder / "floor.duckdb")) as connection:
        row = connection.execute("select count(*) from contacts").fetchone()
    return int(row[0]) if row else 0
