"""Publishes what a build made, for those who only read."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from orchestration.app import App
from warehouse.lake_published import published_by

_LOG = logging.getLogger(__name__)


@contextmanager
def published(app: App, *, whole: bool) -> Iterator[None]:
    """Build in the block, alone; if that ends well, readers are given a copy of what is there then.

    A copy that cannot be made is told of and stops nothing: what was built can be judged and sent,
    and readers keep the copy of before.

    Args:
        app: whose warehouse is built.
        whole: every model is built, and not a selection.
    """
    if not app.settings.published.enabled:
        with app.warehouse.lent("dbt build"):
            yield
        return
    copies = published_by(app.settings)
    with copies.after_build(app.warehouse, whole=whole) as publication:
        yield
    if made := publication.copy:
        _LOG.info("published copy %s in %.1f s", made.number, made.seconds)
    if publication.why_not:
        _LOG.warning("readers keep the published copy of before: %s", publication.why_not)
