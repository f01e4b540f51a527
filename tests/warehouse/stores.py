"""Looks at a state store from outside: its schema, its stamp, how it differs from the models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from warehouse.state import METADATA, VERSION


@contextmanager
def looking(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def schema(url: str) -> dict[str, Any]:
    """Per table its columns by name, and the names of its indexes."""
    with looking(url) as connection:
        inspector = sa.inspect(connection)
        return {
            table: (
                sorted(
                    (one["name"], str(one["type"]), one["nullable"])
                    for one in inspector.get_columns(table)
                ),
                sorted(str(one["name"]) for one in inspector.get_indexes(table)),
            )
            for table in inspector.get_table_names()
        }


def stamp(url: str) -> str | None:
    with looking(url) as connection:
        found: str | None = connection.execute(sa.select(VERSION.c.version_num)).scalar_one()
        return found


def differences(url: str, models: sa.MetaData = METADATA) -> list[Any]:
    """What alembic would have to do for a store to be what the models say.

    Comments on columns are for people and left out: nothing depends on them.
    """
    with looking(url) as connection:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "autogenerate_plugins": ["alembic.autogenerate.*", "~alembic.autogenerate.comments"],
        }
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), models))
