"""Carries what identity must not forget from the state store to the warehouse, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from identity import ids
from orchestration.app import App
from warehouse import identity_memory
from warehouse.decisions import Decisions
from warehouse.suppressions import Suppressions


@contextmanager
def remembering(app: App) -> Iterator[None]:
    """Show the models of the block the decisions of stewards and the ids of before.

    What they change is kept when the block ends well; after a failure the next build does so.
    """
    with app.warehouse.open("decisions and ids for the build") as session:
        Decisions(app.state).mirror(session)
        Suppressions(app.state).mirror(session)
        ids.prepare(session)
        if identity_memory.is_empty(session):
            identity_memory.load(session, app.state)
    yield
    with app.warehouse.open("ids to remember") as session:
        if identity_memory.is_built(session):
            identity_memory.save(session, app.state)
