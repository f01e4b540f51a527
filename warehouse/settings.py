"""Reads the settings that every layer shares; the environment is read by settings models only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from warehouse.clock import Clock, FixedClock, SystemClock
from warehouse.errors import Misconfigured

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT = PROJECT_ROOT / "dbt_project"

# No dependency tells anybody that it was used.
_SILENCE = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
}

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


class WarehouseSettings(BaseModel):
    kind: Literal["duckdb", "ducklake"] = Field(
        "duckdb", description="a DuckDB file, or a DuckLake that several machines share"
    )
    path: Path | None = Field(
        None, description="DuckDB file; REVOPS_HOME/warehouse.duckdb if unset"
    )
    catalog: SecretStr | None = Field(
        None,
        description="URL of a lake's catalogue; SQLite in REVOPS_HOME/lake.sqlite if unset",
    )
    data_path: Path | None = Field(
        None, description="the folder of a lake's Parquet files; REVOPS_HOME/lake if unset"
    )
    wait_seconds: float = Field(60, ge=0, description="how long to wait for another writer")


class PublishedSettings(BaseModel):
    enabled: bool = Field(default=True, description="whether a build publishes a copy for readers")
    folder: Path | None = Field(None, description="where; REVOPS_HOME/published if unset")
    keep: int = Field(1, ge=0, description="how many older copies are kept beside the newest")
    schemas: str | None = Field(
        None, description="the only schemas in the copy, separated by commas; all if unset"
    )

    @property
    def schema_names(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in (self.schemas or "").split(",") if name.strip())


class BackupSettings(BaseModel):
    folder: Path | None = Field(None, description="where; REVOPS_HOME/backups if unset")
    keep: int = Field(7, ge=1, description="how many of them are kept, the newest")


class StateSettings(BaseModel):
    url: SecretStr | None = Field(
        None, description="SQLAlchemy URL; SQLite in REVOPS_HOME/state.sqlite if unset"
    )


class ErasureSettings(BaseModel):
    key: SecretStr | None = Field(
        None, description="secret of at least 32 characters that knows erased people again"
    )


class LogSettings(BaseModel):
    format: Literal["human", "json"] = Field("human", description="lines for people, or objects")
    level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="what is logged, and all that is graver"
    )


class AlertSettings(BaseModel):
    rules: Path | None = Field(
        None, description="what is worth a message; orchestration/alerts.yaml if unset"
    )
    slack_webhook_url: SecretStr | None = Field(None, description="Slack's incoming webhook")
    webhook_url: SecretStr | None = Field(None, description="where a JSON document is posted to")
    webhook_token: SecretStr | None = Field(None, description="sent there as a bearer token")
    smtp_host: str | None = Field(None, description="the mail server")
    smtp_port: int = Field(587, gt=0, lt=65_536, description="its port; 465 for implicit TLS")
    smtp_tls: Literal["starttls", "implicit", "none"] = Field(
        "starttls", description="how the connection is encrypted"
    )
    smtp_user: str | None = Field(None, description="who logs in there, if anybody has to")
    smtp_password: SecretStr | None = Field(None, description="and by what")
    email_from: str | None = Field(None, description="the sender's address")
    email_to: str | None = Field(None, description="the readers' addresses, separated by commas")

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(one.strip() for one in (self.email_to or "").split(",") if one.strip())


class HttpSettings(BaseModel):
    timeout_seconds: float = Field(30, gt=0, description="longest silence of a tool")
    max_attempts: int = Field(6, ge=1, description="tries per request before giving up")
    backoff_seconds: float = Field(0.5, ge=0, description="first pause; doubles, with jitter")
    max_wait_seconds: float = Field(60, ge=0, description="longest pause, Retry-After included")
    reserve: float = Field(0.1, ge=0, lt=1, description="part of a day's quota left for people")

    _budgets: Path | None = PrivateAttr(None)

    def shared_in(self, folder: Path) -> HttpSettings:
        """The same settings for processes that spend one budget, kept in `folder`."""
        shared = self.model_copy()
        shared._budgets = folder  # noqa: SLF001 - a copy of ourselves
        return shared

    def budget_file(self, vendor: str, account: str) -> Path | None:
        """Where the requests of an account are counted; nowhere if nobody shares them."""
        return self._budgets / f"{vendor}-{account}" if self._budgets else None


class Settings(BaseSettings):
    """What `REVOPS_*` says, with defaults that work on one machine."""

    model_config = SettingsConfigDict(
        env_prefix="REVOPS_",
        env_nested_delimiter="__",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
    )

    home: Path = Field(Path(".revops"), description="where everything that is kept lives")
    vendors: str | None = Field(
        None, description="the tools in use, separated by commas; every connector if unset"
    )
    warehouse: WarehouseSettings = WarehouseSettings()
    published: PublishedSettings = PublishedSettings()
    backup: BackupSettings = BackupSettings()
    state: StateSettings = StateSettings()
    http: HttpSettings = HttpSettings()
    erasure: ErasureSettings = ErasureSettings()
    alerts: AlertSettings = AlertSettings()
    log: LogSettings = LogSettings()
    clock: AwareDatetime | None = Field(None, description="an ISO instant that freezes 'now'")
    policy: Path | None = Field(
        None, description="the company's choices; dbt_project/policy.yml if unset"
    )
    rules: Path | None = Field(
        None, description="the folder of the rule book; dbt_project/rules if unset"
    )
    dagster_home: Path | None = Field(
        None, description="the folder of Dagster's own dagster.yaml; this project's if unset"
    )
    docs_url: str | None = Field(
        None, description="where a web server shows REVOPS_HOME/data_docs, for Dagster to link to"
    )
    schedules: Path | None = Field(
        None, description="when Dagster does what; orchestration/schedules.yaml if unset"
    )

    @field_validator("home")
    @classmethod
    def _expand(cls, home: Path) -> Path:
        return home.expanduser()

    @property
    def vendors_in_use(self) -> tuple[str, ...] | None:
        """The named tools in the order given, or None for every one."""
        if self.vendors is None:
            return None
        return tuple(name.strip() for name in self.vendors.split(",") if name.strip())

    @property
    def warehouse_path(self) -> Path:
        return (self.warehouse.path or self.home / "warehouse.duckdb").expanduser().absolute()

    @property
    def catalog_url(self) -> str:
        if self.warehouse.catalog is not None:
            return self.warehouse.catalog.get_secret_value()
        return f"sqlite:///{(self.home / 'lake.sqlite').absolute()}"

    @property
    def lake_path(self) -> Path:
        return (self.warehouse.data_path or self.home / "lake").expanduser().absolute()

    @property
    def published_folder(self) -> Path:
        return (self.published.folder or self.home / "published").expanduser().absolute()

    @property
    def backup_folder(self) -> Path:
        return (self.backup.folder or self.home / "backups").expanduser().absolute()

    @property
    def policy_path(self) -> Path:
        return (self.policy or DBT_PROJECT / "policy.yml").expanduser().absolute()

    @property
    def rules_path(self) -> Path:
        return (self.rules or DBT_PROJECT / "rules").expanduser().absolute()

    @property
    def schedules_path(self) -> Path:
        shipped = PROJECT_ROOT / "orchestration" / "schedules.yaml"
        return (self.schedules or shipped).expanduser().absolute()

    @property
    def alerts_path(self) -> Path:
        shipped = PROJECT_ROOT / "orchestration" / "alerts.yaml"
        return (self.alerts.rules or shipped).expanduser().absolute()

    @property
    def state_url(self) -> str:
        if self.state.url is not None:
            return self.state.url.get_secret_value()
        return f"sqlite:///{(self.home / 'state.sqlite').absolute()}"

    def make_clock(self) -> Clock:
        """The clock that the settings ask for, in UTC."""
        return FixedClock(self.clock.astimezone(UTC)) if self.clock else SystemClock()

    def at(self, instant: datetime) -> Settings:
        """The same settings with `now` frozen at `instant`."""
        return self.model_copy(update={"clock": instant})


def load(model: type[SettingsT], **overrides: Any) -> SettingsT:
    """Read one settings model from the environment and `.env`.

    Raises:
        Misconfigured: naming each setting that is wrong, never its value.
    """
    prefix = model.model_config.get("env_prefix", "")
    try:
        return model(**overrides)
    except SettingsError as error:
        # A group was given a value of its own; its text names the group between quotes.
        group = f"{prefix}{str(error).split(chr(34))[1]}".upper()
        raise Misconfigured(
            f"Settings cannot be read: {group} is a group of settings, not one",
            advice=f"set its parts, {group}__*; see .env.example for every setting and its form",
        ) from None
    except ValidationError as error:
        wrong = [
            f"{prefix}{'__'.join(str(part) for part in e['loc'])}".upper() + f": {e['msg']}"
            for e in error.errors(include_input=False, include_url=False)
        ]
        raise Misconfigured(
            "Settings cannot be read: " + "; ".join(wrong),
            advice="see .env.example for every setting and its form",
        ) from None


def export_environment(values: Mapping[str, str]) -> None:
    """Give settings to the processes that we start; nothing here reads them back."""
    os.environ.update(values)  # noqa: TID251 - the one place that writes it


def child_environment(values: Mapping[str, str]) -> dict[str, str]:
    """Our own environment with other values, for a process that we start and that keeps silent."""
    return {**os.environ, **_SILENCE, **values}  # noqa: TID251 - handed on, not read


def _of_lake(settings: Settings) -> dict[str, str]:
    """What a child needs to open the lake; the URL, which may hold a password, only where it is."""
    if settings.warehouse.kind == "duckdb":
        return {}
    return {
        "REVOPS_WAREHOUSE__CATALOG": settings.catalog_url,
        "REVOPS_WAREHOUSE__DATA_PATH": str(settings.lake_path),
    }


def export_for_children(settings: Settings) -> None:
    """Tell dbt and Dagster where everything is, and to keep to themselves."""
    export_environment(
        {
            "REVOPS_HOME": str(settings.home.absolute()),
            "REVOPS_WAREHOUSE__KIND": settings.warehouse.kind,
            "REVOPS_WAREHOUSE__PATH": str(settings.warehouse_path),
            **_of_lake(settings),
            "REVOPS_POLICY": str(settings.policy_path),
            "REVOPS_RULES": str(settings.rules_path),
            "REVOPS_SCHEDULES": str(settings.schedules_path),
            "DAGSTER_HOME": str((settings.dagster_home or PROJECT_ROOT).expanduser().absolute()),
            "DBT_PROFILES_DIR": str(DBT_PROJECT),
        }
        | _SILENCE
    )
