"""What nobody can look up is lost or doubled, as the sync says; never both, and never untold."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from connectors.core.source import Tool
from reverse_etl.destinations.base import Destination
from tests.reverse_etl.proof.of_slack import SlackMessages
from tests.reverse_etl.proof.schedules import random_schedules
from tests.reverse_etl.proof.wire import Script
from tests.reverse_etl.proof.world import World, kinds_of

Doubt = Literal["at_most_once", "at_least_once"]


class Forgetful(SlackMessages):
    """A channel whose history is not kept: nothing can be found again."""

    doubt: Doubt | None = None

    def __init__(self) -> None:
        super().__init__()
        self.spec = self.spec.model_copy(update={"doubt": self.doubt})

    def destination(self, tool: Tool) -> Destination:
        made = super().destination(tool)

        def read(keys: Any, fields: Any) -> dict[str, Any]:
            return {}

        made.read = read  # type: ignore[method-assign]
        return made


class AtMostOnce(Forgetful):
    doubt = "at_most_once"


class AtLeastOnce(Forgetful):
    doubt = "at_least_once"


@pytest.mark.parametrize(
    ("case", "never", "sometimes"),
    [(AtMostOnce, "duplicate", "lost"), (AtLeastOnce, "lost", "duplicate")],
)
def test_what_is_in_doubt_is_lost_or_doubled_as_the_sync_says(
    case: type[Forgetful], never: str, sometimes: str
) -> None:
    seen = kinds_of([said for _, said in random_schedules(case, range(8)).violations])
    assert seen[never] == 0
    assert seen[sometimes] > 0
    assert seen["open"] == seen["misreported"] == 0


def test_what_was_not_found_is_told_in_the_ledger(tmp_path: Path) -> None:
    world = World(AtMostOnce(), tmp_path, 0)
    world.wish({0: 1, 1: 1})
    world.run(Script({("write", 2): "reset"}))
    world.run()
    world.run()
    told = [(row["key"], row["outcome"], row["attempts"], row["reason"]) for row in world.entries()]
    world.close()
    reason = "taken for delivered: it was not found, and may not be there twice"
    assert told == [
        ("message:0", "acknowledged", 1, None),
        ("message:1", "acknowledged", 1, reason),
    ]
