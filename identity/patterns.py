"""Says how far a pattern of comparison can be trusted: counted pairs, shipped and answered.

The shipped counts are of labelled contacts (`patterns.yaml`); what a steward decides about a pair
is counted with them. A pattern seen seldom is drawn towards its kin: the same levels of account,
name and rarity, with support of the same strength.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import yaml

from identity.steps import Steps
from warehouse.connection import Session

_SHIPPED = Path(__file__).with_name("patterns.yaml")
LEVELS = ("account", "name", "support", "rarity")
# As many pairs of its kin as weigh as much as a pattern's own.
_PRIOR_PAIRS = 2.0

_PRECISION = """
create or replace table {work}.pattern as
with answered as (
    select c.account, c.name, c.support, c.rarity, d.decision = 'must_link' as is_right
    from {work}.decision as d
    join {work}.party as a on a.record = d.left_record
    join {work}.party as b on b.record = d.right_record
    join {work}.compared as c
        on c.left_party = least(a.party, b.party) and c.right_party = greatest(a.party, b.party)
    where d.entity = 'person' and d.decision in ('must_link', 'must_not_link')
),
counted as (
    select account, name, support, rarity, sum(pairs) as pairs, sum(right_pairs) as right_pairs
    from (
        from {work}.shipped_pattern
        union all
        select account, name, support, rarity, count(*), sum(is_right::int)
        from answered group by all
    )
    group by all
),
patterns as (
    select distinct account, name, support, rarity from {work}.compared
    union
    select account, name, support, rarity from counted
),
kept as (
    select p.*, coalesce(c.pairs, 0) as pairs, coalesce(c.right_pairs, 0) as right_pairs,
        {strength} as strength
    from patterns as p left join counted as c using (account, name, support, rarity)
),
kin as (
    select account, name, rarity, strength, sum(right_pairs) as right_pairs, sum(pairs) as pairs
    from kept group by all
)
select k.account, k.name, k.support, k.rarity, k.pairs,
    (k.right_pairs + {prior} * (kin.right_pairs + 0.5) / (kin.pairs + 1)) / (k.pairs + {prior})
        as precision
from kept as k join kin using (account, name, rarity, strength)
"""

_STRENGTH = """case
    when p.support in ('phone', 'spelled', 'nearly', 'initial', 'mistyped') then 'strong'
    else 'weak' end"""


@functools.cache
def shipped() -> list[dict[str, Any]]:
    """The labelled pairs: per pattern its levels, `pairs` and `right`."""
    rows = yaml.safe_load(_SHIPPED.read_text(encoding="utf-8"))["patterns"]
    return [dict(zip((*LEVELS, "pairs", "right_pairs"), row, strict=True)) for row in rows]


def load_shipped(session: Session, work: str, patterns: list[dict[str, Any]] | None = None) -> None:
    """Write `shipped_pattern`; other counts than the shipped ones can be given."""
    rows = shipped() if patterns is None else patterns
    columns = {name: [row[name] for row in rows] for name in (*LEVELS, "pairs", "right_pairs")}
    with session.table(
        "shipped_patterns",
        columns,
        {**dict.fromkeys(LEVELS, "text"), "pairs": "integer", "right_pairs": "integer"},
    ):
        session.execute(f"create or replace table {work}.shipped_pattern as from shipped_patterns")


def trust_patterns(steps: Steps) -> None:
    """Write `pattern`: the levels, pairs and precision of every pattern compared or counted."""
    steps.execute(_PRECISION, strength=_STRENGTH, prior=_PRIOR_PAIRS)
