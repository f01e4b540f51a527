"""Erases a person for whoever runs this installation: what the command calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from orchestration.app import App
from orchestration.steps import dbt_target
from reverse_etl.destinations.registry import account_of, mere_destinations_in_use
from reverse_etl.erasure.plan import ErasurePlan, plan_erasure
from reverse_etl.erasure.run import Eraser
from reverse_etl.spec import syncs
from warehouse.erasures import Erasure, Erasures, Step
from warehouse.errors import Held
from warehouse.lease import Lease
from warehouse.tombstones import Tombstones


class _Node(msgspec.Struct):
    resource_type: str = ""
    name: str = ""
    schema: str = ""
    identifier: str = ""
    depends_on: dict[str, list[str]] = {}


class _Manifest(msgspec.Struct):
    nodes: dict[str, _Node]
    sources: dict[str, _Node]


def plan(app: App, *, email: str | None, person_id: str | None) -> ErasurePlan:
    """What an erasure would do now; raises as `plan_erasure`."""
    return plan_erasure(
        app.warehouse,
        app.state,
        app.settings.home.absolute(),
        email=email,
        person_id=person_id,
        logs=logs(app),
        folders=_folders(app),
    )


def erase(
    app: App,
    found: ErasurePlan,
    digest: str,
    say: Callable[[Step], None] = lambda _: None,
) -> Erasure:
    """Carry out the plan that was confirmed by its digest; one that was begun goes on.

    One that has ended is told as it ended: what was to be done is done.

    Raises:
        Held: what would be done is no longer what was confirmed.
        Misconfigured: there is no key for tombstones.
    """
    begun = Erasures(app.state).open_with(digest)
    if begun is not None:
        return resume(app, begun.erasure_id, say)
    if found.digest != digest:
        done = next((one for one in Erasures(app.state).all() if one.plan_digest == digest), None)
        if done is not None:
            return done
        raise Held(
            f"The plan is no longer the one that was confirmed: {digest} then, {found.digest} now",
            advice="look at it once more, and confirm it by its new digest",
        )
    with _alone(app):
        eraser = _eraser(app)
        return eraser.run(eraser.begin(found), say)


def resume(app: App, erasure_id: str, say: Callable[[Step], None] = lambda _: None) -> Erasure:
    """Go on with an erasure that was cut off, or of which a step has failed."""
    with _alone(app):
        return _eraser(app).run(erasure_id, say)


def certificates(app: App) -> Path:
    """Where certificates are written."""
    return app.settings.home.absolute() / "erasures"


def logs(app: App) -> dict[str, str]:
    """Of every staging table the raw table that it is made of, as dbt knows it."""
    try:
        found = (dbt_target(app) / "manifest.json").read_bytes()
        manifest = msgspec.json.decode(found, type=_Manifest)
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
    read = {
        node.name: [
            manifest.sources[one]
            for one in node.depends_on.get("nodes", ())
            if one in manifest.sources
        ]
        for node in manifest.nodes.values()
        if node.resource_type == "model" and node.schema == "staging"
    }
    return {
        name: f"{sources[0].schema}.{sources[0].identifier}"
        for name, sources in read.items()
        if len(sources) == 1
    }


def _eraser(app: App) -> Eraser:
    return Eraser(
        app.warehouse,
        app.state,
        Tombstones(app.state, app.settings.erasure.key),
        app.clock,
        app.open_tool,
        certificates(app),
        logs(app),
    )


def _folders(app: App) -> list[Path]:
    """Where copies and exported files are: the published ones, and those that syncs write."""
    found = [app.settings.published_folder]
    if "folder" in {one.name for one in mere_destinations_in_use()}:
        with app.open_tool(account_of("folder")) as folder:
            found.append(Path(getattr(folder, "path")))  # noqa: B009 - only a folder has one
    return [one.absolute() for one in found if one.is_dir()]


@contextmanager
def _alone(app: App) -> Iterator[None]:
    """No other erasure and no sync runs meanwhile: it would send, or write down, what is erased."""
    wait, home = app.settings.warehouse.wait_seconds, app.settings.home
    with ExitStack() as stack:
        for name in ("erasure", *(f"sync_{one}" for one in sorted(syncs()))):
            stack.enter_context(Lease(home / name, wait_seconds=wait).held("an erasure"))
        yield
