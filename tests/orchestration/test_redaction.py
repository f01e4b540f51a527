"""A tool that repeats our credential: it is shown, logged, traced, told and kept without it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pytest
from pydantic import BaseModel, SecretStr
from werkzeug.wrappers import Request, Response

from connectors.core import registry
from reverse_etl.destinations.registry import mere_destinations
from tests.orchestration.test_alert_channels import receiving
from tests.orchestration.test_telemetry import REVOPS, collector, run
from tests.reverse_etl.bench import FIRST_ID, SPEC, TOKEN, Bench, wished
from warehouse.settings import Settings, export_environment

COMPANIES = ["raw", "hubspot", "companies"]

RULES = """
channels:
  - {name: chat, kind: slack}
  - {name: hook, kind: webhook}
rules:
  - {rule: failed_run, kind: failed_run, severity: error, because: look at it, to: [chat, hook]}
"""


def secret_settings(model: type[BaseModel], prefix: str = "REVOPS_") -> Iterator[str]:
    """The variables of every setting whose value nobody may see, however deep."""
    for name, field in model.model_fields.items():
        variable = prefix + name.upper()
        kinds = getattr(field.annotation, "__args__", (field.annotation,))
        if SecretStr in kinds:
            yield variable
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from secret_settings(kind, variable + "__")


def test_every_credential_is_of_the_kind_that_shows_no_value() -> None:
    """By their names: whoever adds a `password` as a plain text is told here."""
    telling = ("token", "secret", "password", "api_key", "private_key", "webhook_url")
    for model, prefix in settings_models():
        secret = set(secret_settings(model, prefix))
        named = {prefix + name.upper() for name in model.model_fields if name.endswith(telling)}
        assert named <= secret
    assert {
        "REVOPS_STATE__URL",
        "REVOPS_ERASURE__KEY",
        "REVOPS_ALERTS__SMTP_PASSWORD",
        "REVOPS_ALERTS__WEBHOOK_URL",
        "REVOPS_ALERTS__WEBHOOK_TOKEN",
        "REVOPS_ALERTS__SLACK_WEBHOOK_URL",
    } <= set(secret_settings(Settings))


def settings_models() -> Iterator[tuple[type[BaseModel], str]]:
    yield Settings, "REVOPS_"
    for name, source in registry.sources().items():
        yield source.settings, f"REVOPS_{name.upper()}__"
    for name, source in mere_destinations().items():
        yield source.settings, f"REVOPS_{name.upper()}__"


def repeating(answer: Callable[..., Response], status: int) -> Callable[..., Response]:
    """Refuse to tell of companies and to write them, with what the request was allowed by."""

    def answered(request: Request, *more: Any) -> Response:
        if request.path.endswith(("/companies/search", "/companies/batch/update")):
            said = f"no: {request.headers.get('Authorization')}"
            body = {"status": "error", "category": "VALIDATION_ERROR", "message": said}
            return Response(json.dumps(body), status=status, content_type="application/json")
        return answer(request, *more)

    return answered


@pytest.fixture
def talkative(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Bench:
    """A portal that repeats credentials, three companies to be written, and every secret set."""
    portal = bench.portal.vendors["hubspot"]
    monkeypatch.setattr(portal, "answer", repeating(portal.answer, getattr(request, "param", 400)))
    bench.wish([wished(number) for number in range(3)])
    bench.judge()
    export_environment({"REVOPS_VENDORS": "hubspot", "REVOPS_ERASURE__KEY": uuid4().hex * 2})
    return bench


def kept(home: Path) -> str:
    """Every file of a home as text, but for the emulated portal's own; tables as their rows."""
    found = [
        path.read_bytes().decode("utf-8", errors="replace")
        for path in home.rglob("*")
        if path.is_file() and "portal" not in path.relative_to(home).parts
    ]
    # What is compressed is not seen in the file.
    for path in home.rglob("*.duckdb"):
        with duckdb.connect(path, read_only=True) as warehouse:
            tables = warehouse.execute("select schema_name, table_name from duckdb_tables()")
            found += [
                str(warehouse.execute(f'from "{schema}"."{table}"').fetchall())
                for schema, table in tables.fetchall()
            ]
    return "\n".join(found)


@pytest.mark.slow
def test_what_a_tool_repeats_is_in_no_log_trace_alert_page_store_nor_backup(
    talkative: Bench,
) -> None:
    bench, home = talkative, talkative.home
    (home / "alerts.yaml").write_text(RULES, encoding="utf-8")
    said: dict[str, str] = {}
    with collector() as (collecting, traced), receiving() as chat, receiving() as hook:
        told = {
            "REVOPS_ERASURE__KEY": uuid4().hex * 2,
            "REVOPS_LOG__FORMAT": "json",
            "REVOPS_LOG__LEVEL": "debug",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collecting,
            "REVOPS_ALERTS__RULES": str(home / "alerts.yaml"),
            "REVOPS_ALERTS__SLACK_WEBHOOK_URL": chat.url,
            "REVOPS_ALERTS__WEBHOOK_URL": hook.url,
            "REVOPS_ALERTS__WEBHOOK_TOKEN": uuid4().hex,
        }
        for command in (
            *("doctor --json", "extract hubspot --stream companies --json"),
            f"plan {SPEC.name} --read --json",
            *(f"sync {SPEC.name} --json", f"explain hubspot companies {FIRST_ID} --json"),
            f"gate landed_hubspot_companies --docs {home / 'data_docs'} --json",
            *("status --json", "runs --json", "alerts --send --json", "backup --json"),
        ):
            done = run(bench, REVOPS, *command.split(), **told)
            assert done.returncode != 1, done.stderr[-2_000:]
            said[command.split()[0]] = done.stdout + done.stderr
    # What was repeated has come as far as here.
    for command in ("extract", "sync", "explain"):
        assert "no: Bearer ***" in said[command], command
    alerts = json.dumps([chat.got, hook.got])
    assert "no: Bearer ***" in alerts
    assert len(chat.got) == len(hook.got) == 1
    assert traced["/v1/traces"]
    files = kept(home)
    assert "no: Bearer ***" in files
    assert list((home / "data_docs").rglob("*.html"))
    assert list((home / "backups").rglob("manifest.json"))
    secrets = {TOKEN, *(v for k, v in told.items() if k.endswith(("KEY", "TOKEN", "WEBHOOK_URL")))}
    bodies = [body for _, body in (*chat.got, *hook.got)]
    places = {**said, "alerts sent": json.dumps(bodies), "files": files, "traces": str(traced)}
    assert [
        (place, secret) for place, text in places.items() for secret in secrets if secret in text
    ] == []


@pytest.mark.slow
@pytest.mark.parametrize("talkative", [400, 401], indirect=True)
def test_what_a_tool_repeats_is_in_nothing_that_dagster_shows_or_keeps(
    talkative: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    """Slow, because Dagster is imported."""
    import dagster as dg

    from orchestration.app import App
    from orchestration.assets.raw import raw_assets
    from orchestration.assets.resource import AppResource
    from orchestration.assets.syncs import sync_assets
    from orchestration.cadence import cadence

    when = cadence(App.from_environment().settings)
    (pushed,) = [one for one in sync_assets(when) if one.key.path[-1] == SPEC.name]
    (read,) = [one for one in raw_assets(when) if dg.AssetKey(COMPANIES) in one.keys]
    shown = ""
    for asset, key in ((read, dg.AssetKey(COMPANIES)), (pushed, pushed.key)):
        quiet = {"telemetry": {"enabled": False}}
        with dg.DagsterInstance.local_temp(str(talkative.home), quiet) as instance:
            done = dg.materialize(
                [asset],
                selection=[key],
                instance=instance,
                resources={"app": AppResource()},
                raise_on_error=False,
            )
            shown += "".join(map(str, instance.all_logs(done.run_id)))
    assert "no: Bearer ***" in shown
    places = {"events": shown, "files": kept(talkative.home), "output": str(capfd.readouterr())}
    assert [place for place, text in places.items() if TOKEN in text] == []
