"""How right a clustering is, against what is known: every pair counted, and every record counted.

Pairwise figures count all pairs of records within clusters, so that a large wrong cluster costs
what it is worth; B-cubed counts each record once, so that large entities do not drown the small.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from warehouse.connection import Session, quoted

# Sizes of what is in one cluster and of one entity at once; of each cluster; of each entity.
_SIZES = """
with judged as (
    select {found} as cluster, {true} as entity from {table} where {true} is not null
),
cells as (select cluster, entity, count(*)::hugeint as n from judged group by all),
clusters as (
    select cluster, sum(n)::hugeint as n, count(*) as entities from cells group by cluster
),
entities as (select entity, sum(n)::hugeint as n from cells group by entity)
select
    (select count(*) from judged) as records,
    (select count(*) from clusters) as clusters,
    (select count(*) from entities) as entities,
    (select coalesce(sum(n * (n - 1) // 2), 0) from cells)::bigint as right_pairs,
    (select coalesce(sum(n * (n - 1) // 2), 0) from clusters)::bigint as found_pairs,
    (select coalesce(sum(n * (n - 1) // 2), 0) from entities)::bigint as true_pairs,
    (select sum(cells.n * cells.n / clusters.n) from cells join clusters using (cluster))::double
        as bcubed_precision_sum,
    (select sum(cells.n * cells.n / entities.n) from cells join entities using (entity))::double
        as bcubed_recall_sum,
    (select coalesce(max(n), 0) from clusters where entities > 1)::bigint as largest_false
"""


@dataclass(frozen=True)
class Quality:
    """Shares are 0 to 1; where there is nothing to be wrong about, they are 1.

    `largest_false_cluster` is the number of records in the largest cluster that holds more than
    one true entity, 0 where there is none.
    """

    records: int
    clusters: int
    entities: int
    precision: float
    recall: float
    f1: float
    bcubed_precision: float
    bcubed_recall: float
    bcubed_f1: float
    largest_false_cluster: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def quality(
    session: Session, table: str, *, found: str = "cluster", true: str = "truth"
) -> Quality:
    """Judge the column `found` of a relation by its column `true`; rows without truth are left out.

    A record whose `found` is null is a cluster of its own kind with all other such records, so a
    caller gives every record a cluster.
    """
    (sizes,) = session.rows(_SIZES.format(table=table, found=quoted(found), true=quoted(true)))
    records = sizes["records"]
    precision = _share(sizes["right_pairs"], sizes["found_pairs"])
    recall = _share(sizes["right_pairs"], sizes["true_pairs"])
    bcubed_precision = _share(sizes["bcubed_precision_sum"] or 0.0, records)
    bcubed_recall = _share(sizes["bcubed_recall_sum"] or 0.0, records)
    return Quality(
        records=records,
        clusters=sizes["clusters"],
        entities=sizes["entities"],
        precision=precision,
        recall=recall,
        f1=harmonic(precision, recall),
        bcubed_precision=bcubed_precision,
        bcubed_recall=bcubed_recall,
        bcubed_f1=harmonic(bcubed_precision, bcubed_recall),
        largest_false_cluster=sizes["largest_false"],
    )


@dataclass(frozen=True)
class Matching:
    """Records against a list: `precision` of what was matched, `recall` of what has a match."""

    records: int
    matched: int
    right: int
    precision: float
    recall: float
    f1: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def matching_quality(session: Session, table: str, *, found: str, true: str) -> Matching:
    """Judge the reference that each record was given; null means none, in both columns."""
    (counts,) = session.rows(f"""
        select
            count(*) as records,
            count({quoted(found)}) as matched,
            count({quoted(true)}) as possible,
            coalesce(sum(({quoted(found)} = {quoted(true)})::int), 0)::bigint as right_ones
        from {table}
    """)
    precision = _share(counts["right_ones"], counts["matched"])
    recall = _share(counts["right_ones"], counts["possible"])
    return Matching(
        records=counts["records"],
        matched=counts["matched"],
        right=counts["right_ones"],
        precision=precision,
        recall=recall,
        f1=harmonic(precision, recall),
    )


def harmonic(precision: float, recall: float) -> float:
    """F1 of two shares."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0
