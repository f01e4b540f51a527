"""DuckLake as the warehouse: a catalogue in PostgreSQL or SQLite, and Parquet files under a path.

What differs from DuckDB's own file is here: how it is opened, and what its tables cannot have.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from warehouse.errors import Misconfigured
from warehouse.session import literal
from warehouse.settings import Settings
from warehouse.verified import verified

CATALOG = "warehouse"
# The password of a PostgreSQL is told to DuckDB by this name, so that no statement holds it.
_SECRET = "revops_catalog"  # noqa: S105 - a name
_SCANNERS = {"postgresql": "postgres_scanner", "sqlite": "sqlite_scanner"}
_ADVICE = (
    "sqlite:///FILE for one machine, postgresql+psycopg://USER:PASSWORD@HOST/NAME for several;"
    " a special character in the password is written as %XX"
)
# As `pathlib` leaves a URL.
_REMOTE = re.compile(r"[a-z0-9+]+:/")


class Lake:
    """Where a lake's catalogue and its data are.

    Args:
        catalog: SQLAlchemy URL of a SQLite or PostgreSQL database.
        data: the folder of the Parquet files, the same for every machine.

    Raises:
        Misconfigured: the URL is of another kind of database, or the packages are missing.
    """

    def __init__(self, catalog: str, data: Path) -> None:
        try:
            self.url = verified(_with_one_password(sa.make_url(catalog)))
            scanner = _SCANNERS[self.url.get_backend_name()]
        except (ArgumentError, KeyError, ValueError):
            raise Misconfigured(
                "REVOPS_WAREHOUSE__CATALOG is not the URL of a SQLite or PostgreSQL database",
                advice=_ADVICE,
            ) from None
        self.data = data
        self._extensions = [extension("ducklake"), extension(scanner)]

    @classmethod
    def from_settings(cls, settings: Settings) -> Lake | None:
        """The lake that is the warehouse; None where that is DuckDB's own file."""
        if settings.warehouse.kind == "duckdb":
            return None
        if _REMOTE.match(str(settings.warehouse.data_path or "")):
            raise Misconfigured(
                "REVOPS_WAREHOUSE__DATA_PATH is not a folder: object stores are not supported",
                advice="give a folder that every machine sees under the same path",
            )
        return cls(settings.catalog_url, settings.lake_path)

    @property
    def is_shared(self) -> bool:
        """Whether other machines can work on it: its catalogue is a server."""
        return self.url.get_backend_name() == "postgresql"

    @property
    def file(self) -> Path:
        """The SQLite catalogue, or the folder of the data: what is there once anything is."""
        return self.data if self.is_shared else Path(self.url.database or "").absolute()

    @property
    def name(self) -> str:
        """What people are told: no user, no option."""
        place = f"{self.url.host or ''}/{self.url.database}" if self.is_shared else self.file.name
        return f"lake {place}"

    @property
    def identity(self) -> Hashable:
        """Another one of another lake."""
        return self.url.render_as_string(hide_password=True)

    def environment(self) -> dict[str, str]:
        """The settings by which a child opens the same lake."""
        return {
            "REVOPS_WAREHOUSE__KIND": "ducklake",
            "REVOPS_WAREHOUSE__CATALOG": self.url.render_as_string(hide_password=False),
            "REVOPS_WAREHOUSE__DATA_PATH": str(self.data),
        }

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Load the extensions, from the installed packages, and tell DuckDB the password."""
        for path in self._extensions:
            connection.load_extension(str(path))
        if self.is_shared:
            password = literal(self.url.password or "")
            connection.execute(
                f"create or replace secret {_SECRET} (type postgres, password {password})"
            )

    def attach(self, connection: duckdb.DuckDBPyConnection, *options: str) -> None:
        """Open the lake as the catalog `warehouse`; a new one is made."""
        if not self.is_shared:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(parents=True, exist_ok=True)
        place = literal(f"ducklake:{self._metadata()}")
        every = [f"data_path {literal(f'{self.data}/')}", *self._options(), *options]
        connection.execute(f"attach if not exists {place} as {CATALOG} ({', '.join(every)})")

    def confine(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let a person's statements see the lake's own files, and change no setting."""
        connection.execute(f"set allowed_directories = [{literal(f'{self.data}/')}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")

    def _metadata(self) -> str:
        if not self.is_shared:
            return f"sqlite:{self.file}"
        named: dict[str, Any] = {
            "dbname": self.url.database,
            "user": self.url.username,
            "host": self.url.host,
            "port": self.url.port,
            **self.url.query,
        }
        return "postgres:" + " ".join(
            f"{key}='{_escaped(value)}'" for key, value in named.items() if value
        )

    def _options(self) -> list[str]:
        if self.is_shared:
            return [f"meta_secret '{_SECRET}'"]
        # Readers go on while somebody writes.
        return ["meta_journal_mode 'wal'", "meta_busy_timeout 30000"]


# Where a warehouse is, for those who open it themselves: a DuckDB file, or a lake.
Place = Path | Lake


def extension(name: str) -> Path:
    """The file of one of DuckDB's extensions, as its package has installed it.

    Raises:
        Misconfigured: the package is missing, or is for another DuckDB.
    """
    package = f"duckdb_extension_{name}"
    spec = find_spec(package)
    if spec is not None and spec.origin is not None:
        version = f"v{duckdb.__version__}"
        path = Path(spec.origin).parent / "extensions" / version / f"{name}.duckdb_extension"
        if path.exists():
            return path
    wanted = f"{package.replace('_', '-')}=={duckdb.__version__}"
    raise Misconfigured(
        f"A lake needs the package {wanted}, which is not installed",
        advice="pip install 'revops-pipeline[lake]'; nothing is downloaded at run time",
    )


def _with_one_password(url: sa.URL) -> sa.URL:
    """The URL with its password where it is known to be one, not in its query, which is told.

    Raises:
        Misconfigured: a secret is there that DuckDB has no such place for.
    """
    if "sslpassword" in url.query:
        raise Misconfigured(
            "REVOPS_WAREHOUSE__CATALOG holds an sslpassword, which DuckDB could not keep to itself",
            advice="give sslkey a key without a passphrase, in a file that nobody else may read",
        )
    said = url.query.get("password")
    if said is None:
        return url
    password = said if isinstance(said, str) else said[-1]
    return url.difference_update_query(["password"]).set(password=password)


def _escaped(value: object) -> str:
    return str(value).replace("\\", "\\\\").replace("'", "\\'")
