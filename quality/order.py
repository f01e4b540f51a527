"""Which gates are run, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from quality.spec import STAGES, RuleSet, Stage, rulesets
from warehouse.documents import choose


def gates_in_order(
    names: Sequence[str] = (),
    stages: Collection[Stage] = STAGES,
    *,
    with_lower: bool = True,
    known: Mapping[str, RuleSet] | None = None,
) -> list[RuleSet]:
    """The named gates, `with_lower` those that they come after, or all; the lower tables first.

    Raises:
        Misconfigured: there is no gate of a name.
    """
    known = rulesets() if known is None else known
    wanted = list(names) or list(known)
    for name in wanted:
        lower = choose(known, "ruleset", name).after if with_lower else ()
        # Grows while it is read: what is added may come after others, too.
        wanted += [one for one in lower if one not in wanted]
    chosen = [known[name] for name in dict.fromkeys(wanted)]
    return sorted(
        (one for one in chosen if one.stage in stages),
        # What is told of the other gates' findings is judged when all of them are known.
        key=lambda one: (STAGES.index(one.stage), one.schema_name == "activation"),
    )
