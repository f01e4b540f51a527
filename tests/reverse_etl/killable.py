"""Runs `revops` in processes that can be killed: forked from one that has imported everything."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from warehouse.settings import export_environment

_PRELOAD = ["orchestration.commands.reverse", "reverse_etl.destinations.hubspot"]


def _revops(environment: Mapping[str, str], arguments: list[str], log: str) -> None:
    import sys

    from orchestration.cli import main

    export_environment(environment)
    # Line buffered: what a process said before it was killed is there to read.
    with Path(log).open("a", buffering=1, encoding="utf-8") as said:
        sys.stdout = sys.stderr = said
        main(arguments)


@contextmanager
def started(
    environment: Mapping[str, str], arguments: list[str], log: Path
) -> Iterator[BaseProcess]:
    """A running `revops`; it is killed at the end of the block if it still runs."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    process = context.Process(target=_revops, args=(dict(environment), arguments, str(log)))
    process.start()
    try:
        yield process
    finally:
        if process.is_alive():
            process.kill()
        process.join(30)


def run_and_kill(
    environment: Mapping[str, str], arguments: list[str], log: Path, after: float
) -> int | None:
    """The exit code of a `revops` that is killed `after` seconds, unless it has ended by then."""
    with started(environment, arguments, log) as process:
        process.join(after)
        process.kill()
        process.join(30)
        return process.exitcode


def run(
    environment: Mapping[str, str], arguments: list[str], log: Path
) -> tuple[int | None, float]:
    """Exit code and seconds of a `revops` that is left alone."""
    began = time.monotonic()
    with started(environment, arguments, log) as process:
        process.join(60)
        return process.exitcode, time.monotonic() - began
