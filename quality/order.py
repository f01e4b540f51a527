"""Which gates are run, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quality.spec import STAGES, RuleSet, Stage, rulesets
from warehouse.documents import choose


def gates_in_order(
    names: Sequence[str] = (),
    stage: Stage | None = None,
    known: Mapping[str, RuleSet] | None = None,
) -> list[RuleSet]:
    """The named gates with those that they come after, or all of them; the lower tables first.

    Raises:
        Misconfigured: there is no gate of a name.
    """
    known = rulesets() if known is None else known
    wanted = list(names) or list(known)
    for name in wanted:
        # Grows while it is read: what is added may come after others, too.
        wanted += [one for one in choose(known, "ruleset", name).after if one not in wanted]
    chosen = [known[name] for name in dict.fromkeys(wanted)]
    return sorted(
        (one for one in chosen if stage is None or one.stage == stage),
        key=lambda one: STAGES.index(one.stage),
    )
