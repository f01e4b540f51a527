"""Clusters of records from edges between pairs of them, protected against merging too much.

Most components of the graph are clusters as they stand. Those that hold what must stay apart are
joined edge by edge, strongest first, and those that are large or hang together loosely by average
linkage. An edge that is not followed is held, with the reason, never forgotten.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from identity.columns import flat
from identity.linkage import Forest, average_linkage, kruskal

Numbers = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Clustering:
    """`members`: record, cluster (its smallest record), confidence; by record.

    `held`: left_record, right_record, weight, reason; the edges that were strong enough, and
    whose ends are in two clusters all the same.
    """

    members: Any
    held: Any


@dataclass(frozen=True)
class Rules:
    """When an edge is strong enough, and when a component is looked at more closely.

    Weights are binary logarithms of odds (Splink's match weight): 0 is even odds.
    `exclusive` names columns of the records of which a cluster has one value at most (法人番号),
    `once` those of which it has each value once at most (a source without duplicates).
    A component of more than `large` items, or in which less than `dense` of the pairs are linked,
    is split where the mean probability between two groups of items is less than `together`.
    """

    link_from: float = 0.0
    exclusive: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    large: int = 8
    dense: float = 0.5
    together: float = 0.5


@dataclass(frozen=True)
class _Graph:
    """Records as numbers in the order of their ids; each pair once, strongest first."""

    ids: Any
    left: Numbers
    right: Numbers
    weight: Weights
    certain: Flags
    apart: tuple[Numbers, Numbers]
    # Per exclusive and per once column, its values as numbers; -1 is none.
    exclusive: dict[str, Numbers]
    once: dict[str, Numbers]


def cluster(
    records: Any, edges: Any, cannot_link: Any = None, *, rules: Rules | None = None
) -> Clustering:
    """Put every record in one cluster.

    Args:
        records: Arrow table with `record` (unique text) and the columns that `rules` names.
        edges: left_record, right_record, weight; and `certain` (boolean) where some edges are
            keys rather than scores: what they hold together is one item to average linkage. An
            infinite weight is a person's word, which only `cannot_link` contradicts.
        cannot_link: left_record, right_record; never in one cluster.
        rules: thresholds and guards.

    Raises:
        ValueError: an edge names a record that is not among the records, or an id comes twice.
    """
    rules = rules or Rules()
    graph = _graph(records, edges, cannot_link, rules)
    linked = graph.certain | (graph.weight >= rules.link_from)
    labels = _components(len(graph.ids), graph.left[linked], graph.right[linked])
    _part(graph, rules, linked, labels)
    # The smallest number is the smallest id.
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    own = first[inverse].astype(np.int64)
    members = pa.table(
        {
            "record": graph.ids,
            "cluster": graph.ids.take(pa.array(own)),
            "confidence": _confidence(graph, own),
        }
    )
    return Clustering(members=members, held=_held(graph, linked, own))


def probability(weight: Weights) -> Weights:
    """Of a binary logarithm of odds."""
    odds: Weights = np.exp2(-np.clip(weight, -500.0, 500.0))
    return 1.0 / (1.0 + odds)


def _graph(records: Any, edges: Any, cannot_link: Any, rules: Rules) -> _Graph:
    ids = pc.cast(flat(records["record"]), pa.string())
    order = pc.sort_indices(ids)
    ids = ids.take(order)
    if pc.count_distinct(ids, mode="all").as_py() != len(ids):
        raise ValueError("a record is among the records twice")
    columns = {name: _codes(records[name], order) for name in (*rules.exclusive, *rules.once)}
    left, right = _ends(ids, edges)
    weight = flat(edges["weight"]).to_numpy(zero_copy_only=False).astype(np.float64)
    certain = np.zeros(len(left), dtype=bool)
    if "certain" in edges.column_names:
        certain = pc.fill_null(flat(edges["certain"]), pa.scalar(value=False)).to_numpy(
            zero_copy_only=False
        )
    strongest = np.lexsort((right, left, -weight, ~certain))
    pair = left[strongest] * len(ids) + right[strongest]
    _, once = np.unique(pair, return_index=True)
    kept = strongest[np.sort(once)]
    kept = kept[left[kept] != right[kept]]
    none = np.zeros(0, dtype=np.int64)
    one, other = (none, none) if cannot_link is None else _ends(ids, cannot_link)
    return _Graph(
        ids=ids,
        left=left[kept],
        right=right[kept],
        weight=weight[kept],
        certain=certain[kept],
        apart=(one[one != other], other[one != other]),
        exclusive={name: columns[name] for name in rules.exclusive},
        once={name: columns[name] for name in rules.once},
    )


def _ends(ids: Any, pairs: Any) -> tuple[Numbers, Numbers]:
    """The two ends of pairs as numbers, the smaller one first."""
    found = []
    for side in ("left_record", "right_record"):
        ends = flat(pairs[side])
        places = pc.index_in(pc.cast(ends, pa.string()), value_set=ids)
        if places.null_count:
            unknown = ends.filter(pc.is_null(places))[0].as_py()
            raise ValueError(f"an edge names {unknown!r}, which is not among the records")
        found.append(places.to_numpy(zero_copy_only=False).astype(np.int64))
    return np.minimum(*found), np.maximum(*found)


def _codes(column: Any, order: Any) -> Numbers:
    """Equal values have equal numbers; no value has -1."""
    values = flat(column).take(order).dictionary_encode().indices
    codes: Numbers = pc.fill_null(values, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def _components(count: int, left: Numbers, right: Numbers) -> Numbers:
    links = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    labels: Numbers = connected_components(links, directed=False)[1].astype(np.int64)
    return labels


def _part(graph: _Graph, rules: Rules, linked: Flags, labels: Numbers) -> None:
    """Give the records of complicated components labels of their own, in place."""
    conflicting = _conflicting(graph, labels)
    loose = _loose(graph, rules, linked, labels)
    part = (conflicting | loose)[labels]
    if not part.any():
        return
    forest = _forest(graph, part)
    inside = np.flatnonzero(part[graph.left] & part[graph.right])
    followed = linked[inside] & (graph.certain[inside] | ~loose[labels[graph.left[inside]]])
    firm = inside[followed]
    said = firm[np.isposinf(graph.weight[firm])]
    kruskal(forest, _pairs(graph, said), anyway=True)
    kruskal(forest, _pairs(graph, firm))
    evidence = inside[
        (labels[graph.left[inside]] == labels[graph.right[inside]])
        & loose[labels[graph.left[inside]]]
    ]
    similarities = zip(
        graph.left[evidence].tolist(),
        graph.right[evidence].tolist(),
        probability(graph.weight[evidence]).tolist(),
        strict=True,
    )
    average_linkage(forest, similarities, at_least=rules.together)
    records = np.flatnonzero(part)
    roots = np.array([forest.root(record) for record in records.tolist()], dtype=np.int64)
    # Components have numbers below the number of records, so these are new ones.
    labels[records] = len(labels) + roots


def _pairs(graph: _Graph, edges: Numbers) -> list[tuple[int, int]]:
    return list(zip(graph.left[edges].tolist(), graph.right[edges].tolist(), strict=True))


def _forest(graph: _Graph, part: Flags) -> Forest:
    left, right = graph.apart
    foes = part[left] & part[right]
    return Forest(
        zip(left[foes].tolist(), right[foes].tolist(), strict=True),
        [_values(codes, part) for codes in graph.exclusive.values()],
        [_values(codes, part) for codes in graph.once.values()],
    )


def _values(codes: Numbers, part: Flags) -> dict[int, Hashable]:
    records = np.flatnonzero(part & (codes >= 0))
    return dict(zip(records.tolist(), codes[records].tolist(), strict=True))


def _conflicting(graph: _Graph, labels: Numbers) -> Flags:
    """Components that hold what must stay apart."""
    found = np.zeros(len(labels), dtype=bool)
    left, right = graph.apart
    found[labels[left[labels[left] == labels[right]]]] = True
    for codes in graph.exclusive.values():
        known = codes >= 0
        lowest = np.full(len(labels), len(codes), dtype=np.int64)
        highest = np.full(len(labels), -1, dtype=np.int64)
        np.minimum.at(lowest, labels[known], codes[known])
        np.maximum.at(highest, labels[known], codes[known])
        found |= highest > lowest
    for codes in graph.once.values():
        known = codes >= 0
        held, times = np.unique(labels[known] * len(codes) + codes[known], return_counts=True)
        found[held[times > 1] // len(codes)] = True
    return found


def _loose(graph: _Graph, rules: Rules, linked: Flags, labels: Numbers) -> Flags:
    """Components of more than one item that are large, or of whose pairs too few are linked."""
    count = len(labels)
    certain = graph.certain
    item = _components(count, graph.left[certain], graph.right[certain])
    first = np.unique(item, return_index=True)[1]
    items = np.bincount(labels[first], minlength=count)
    scored = linked & ~certain
    one, other = item[graph.left[scored]], item[graph.right[scored]]
    pairs = np.unique(np.minimum(one, other) * count + np.maximum(one, other))
    pairs = pairs[pairs // count != pairs % count]
    links = np.bincount(labels[first[pairs // count]], minlength=count)
    possible = items * (items - 1) / 2
    found: Flags = (items > rules.large) | ((items > 2) & (links < rules.dense * possible))
    return found


def _confidence(graph: _Graph, own: Numbers) -> Weights:
    """How sure it is that a record belongs to its cluster: its strongest edge within it.

    A record without any is alone, of which there is no doubt to measure: 1.
    """
    within = own[graph.left] == own[graph.right]
    sure = np.full(len(own), -1.0)
    held = probability(graph.weight[within])
    np.maximum.at(sure, graph.left[within], held)
    np.maximum.at(sure, graph.right[within], held)
    return np.where(sure < 0, 1.0, sure)


def _held(graph: _Graph, linked: Flags, own: Numbers) -> Any:
    crossing = linked & (own[graph.left] != own[graph.right])
    left, right = graph.left[crossing], graph.right[crossing]
    reasons = np.full(len(left), "loosely connected", dtype=object)
    guards = [
        *((codes, 1, f"the same {name} twice") for name, codes in graph.once.items()),
        *((codes, 0, f"two values of {name}") for name, codes in graph.exclusive.items()),
    ]
    for codes, forbidden, reason in guards:
        reasons[_share_values(codes, own, own[left], own[right]) == forbidden] = reason
    foes = own[graph.apart[0]] * len(own) + own[graph.apart[1]]
    one, other = own[left] * len(own) + own[right], own[right] * len(own) + own[left]
    reasons[np.isin(one, foes) | np.isin(other, foes)] = "must not be linked"
    return pa.table(
        {
            "left_record": graph.ids.take(pa.array(left)),
            "right_record": graph.ids.take(pa.array(right)),
            "weight": graph.weight[crossing],
            "reason": pa.array(reasons.tolist(), pa.string()),
        }
    )


def _share_values(codes: Numbers, own: Numbers, left: Numbers, right: Numbers) -> Numbers:
    """Per pair of clusters 1 if they share a value, 0 if not, -1 if one of them has none."""
    of_cluster: dict[int, set[int]] = {}
    asked = np.flatnonzero((codes >= 0) & np.isin(own, np.concatenate([left, right])))
    for one, code in zip(own[asked].tolist(), codes[asked].tolist(), strict=True):
        of_cluster.setdefault(one, set()).add(code)
    found = np.full(len(left), -1, dtype=np.int64)
    for place, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        ours, theirs = of_cluster.get(one), of_cluster.get(other)
        if ours and theirs:
            found[place] = not ours.isdisjoint(theirs)
    return found
