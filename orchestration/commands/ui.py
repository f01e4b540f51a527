"""`revops ui`: Dagster's webserver and daemon on this installation."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from orchestration.app import App, holds_demo
from orchestration.dbt_docs import data_docs, has_manifest, is_outdated, write_dbt_docs
from orchestration.demo import demo_folder, demo_tools
from orchestration.output import ERR, OUT
from orchestration.pages import served
from orchestration.steps import dbt_target
from warehouse.errors import Misconfigured
from warehouse.settings import export_environment


@click.command("ui")
@click.option("--demo", is_flag=True, help="On the demo's data, with its tools served beside it.")
@click.option("--port", type=int, default=3000, show_default=True)
def ui_command(demo: bool, port: int) -> int:
    """Open Dagster on this installation.

    Lineage, schedule, runs, gate and plans. Listens on loopback only, until interrupted.
    """
    with _tools(demo=demo):
        app = App.from_environment()
        shown = data_docs(app.settings.home)
        describe_models(dbt_target(app), shown)
        with served(shown) as docs:
            return _dagster(port, docs)


def describe_models(target: Path, shown: Path) -> None:
    """Write dbt's pages if the project changed, and say so, since it takes half a minute."""
    if not (has_manifest(target) and is_outdated(shown)):
        return
    OUT.print("The models changed: dbt's pages about them are written first, half a minute.")
    with ERR.status("writing dbt's pages"):
        page = write_dbt_docs(target, shown)
    if page is None:
        OUT.print("They could not be written, as the warning says; Dagster starts without them.")


def _dagster(port: int, docs: str) -> int:
    # Dagster's advice to its developers is not for those who only look.
    export_environment({"PYTHONWARNINGS": "ignore", "REVOPS_DOCS_URL": docs})
    OUT.print(f"Dagster will answer at http://127.0.0.1:{port}; Control-C ends it.")
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
        [
            *(str(Path(sys.executable).parent / "dagster"), "dev"),
            *("-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", str(port)),
        ],
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return process.wait()
    except KeyboardInterrupt:
        return process.wait()
    finally:
        # Dagster's own processes end with theirs; on Control-C they were told already.
        process.send_signal(signal.SIGINT)
        process.wait()


@contextmanager
def _tools(*, demo: bool) -> Iterator[None]:
    if not demo:
        yield
        return
    folder = demo_folder()
    if not holds_demo(folder.home):
        raise Misconfigured("There is no demo to show yet", advice="run `make demo` first")
    with demo_tools(folder):
        yield
