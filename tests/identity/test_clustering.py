"""Clusters against networkx, under every order, and each guard beside what happens without it."""

from __future__ import annotations

import random
from collections.abc import Iterable

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.clustering import Clustering, Rules, cluster

Edge = tuple[str, str, float]
OPEN = Rules(large=10**9, dense=0.0)


def records(names: Iterable[str], **columns: list[str | None]) -> pa.Table:
    texts = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return pa.table({"record": pa.array(list(names), pa.string()), **texts})


def edges(*pairs: Edge, certain: bool | None = None) -> pa.Table:
    left, right, weight = zip(*pairs, strict=True) if pairs else ((), (), ())
    table = pa.table(
        {
            "left_record": pa.array(left, pa.string()),
            "right_record": pa.array(right, pa.string()),
            "weight": pa.array(weight, pa.float64()),
        }
    )
    if certain is None:
        return table
    return table.append_column("certain", pa.array([certain] * len(pairs)))


def groups(clustering: Clustering) -> set[frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in clustering.members.to_pylist():
        found.setdefault(row["cluster"], set()).add(row["record"])
    assert all(min(members) == name for name, members in found.items())
    return {frozenset(members) for members in found.values()}


def named(*clusters: str) -> set[frozenset[str]]:
    return {frozenset(one) for one in clusters}


NAMES = [f"r{number}" for number in range(30)]
pairs = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.sampled_from([-3.0, -0.5, 0.0, 1.0, 2.5, 9.0]),
)
values = st.lists(st.sampled_from(["x", "y", "z", None]), min_size=30, max_size=30)


@given(st.lists(pairs, max_size=80))
def test_without_guards_clusters_are_the_connected_components(found: list[Edge]) -> None:
    graph = nx.Graph()
    graph.add_nodes_from(NAMES)
    graph.add_edges_from((left, right) for left, right, weight in found if weight >= 0)
    components = {frozenset(one) for one in nx.connected_components(graph)}
    assert groups(cluster(records(NAMES), edges(*found), rules=OPEN)) == components


@given(st.lists(pairs, max_size=60), values, st.lists(pairs, max_size=4), st.randoms())
def test_no_order_of_records_or_edges_changes_the_result(
    found: list[Edge], cn: list[str | None], foes: list[Edge], order: random.Random
) -> None:
    rules = Rules(exclusive=("cn",), large=5)
    mine = cluster(records(NAMES, cn=cn), edges(*found), edges(*foes), rules=rules)
    places = list(range(len(NAMES)))
    order.shuffle(places)
    shuffled = [(right, left, weight) for left, right, weight in found]
    order.shuffle(shuffled)
    other = cluster(
        records([NAMES[place] for place in places], cn=[cn[place] for place in places]),
        edges(*shuffled),
        edges(*foes),
        rules=rules,
    )
    assert mine.members.equals(other.members)
    assert mine.held.equals(other.held)


@given(st.lists(pairs, max_size=80), values, st.lists(pairs, max_size=6))
def test_what_must_stay_apart_stays_apart_and_no_strong_edge_is_lost(
    found: list[Edge], cn: list[str | None], foes: list[Edge]
) -> None:
    rules = Rules(exclusive=("cn",), large=6)
    result = cluster(records(NAMES, cn=cn), edges(*found), edges(*foes), rules=rules)
    of = dict(zip(*(result.members[c].to_pylist() for c in ("record", "cluster")), strict=True))
    for members in groups(result):
        assert len({cn[NAMES.index(one)] for one in members} - {None}) <= 1
    assert not [1 for left, right, _ in foes if left != right and of[left] == of[right]]
    strong = {frozenset((left, right)) for left, right, weight in found if weight >= 0}
    held = {frozenset(pair) for pair in zip(*held_ends(result), strict=True)}
    assert held == {pair for pair in strong if len({of[one] for one in pair}) == 2}
    within = nx.Graph()
    within.add_nodes_from(NAMES)
    within.add_edges_from((a, b) for a, b, _ in found if of[a] == of[b])
    assert groups(result) == {frozenset(one) for one in nx.connected_components(within)}


def held_ends(result: Clustering) -> tuple[list[str], list[str]]:
    return (
        result.held["left_record"].to_pylist(),
        result.held["right_record"].to_pylist(),
    )


CHAIN = edges(("a", "b", 9.0), ("b", "c", 8.0), ("c", "d", 9.0))


def test_two_values_of_an_exclusive_attribute_part_at_the_weakest_edge() -> None:
    given_numbers = records("abcd", cn=["1", None, None, "2"])
    assert groups(cluster(given_numbers, CHAIN, rules=OPEN)) == named("abcd")
    guarded = cluster(given_numbers, CHAIN, rules=Rules(exclusive=("cn",), dense=0.0))
    assert groups(guarded) == named("ab", "cd")
    assert guarded.held.to_pylist() == [
        {"left_record": "b", "right_record": "c", "weight": 8.0, "reason": "two values of cn"}
    ]


def test_cannot_link_holds_through_others() -> None:
    four = records("abcd")
    result = cluster(four, CHAIN, edges(("d", "a", 0.0)), rules=OPEN)
    assert groups(result) == named("ab", "cd")
    assert result.held["reason"].to_pylist() == ["must not be linked"]


def test_a_source_without_duplicates_gives_one_record_to_a_cluster() -> None:
    from_two = records("abc", side=["left", "right", "right"])
    both = edges(("a", "b", 3.0), ("a", "c", 5.0))
    assert groups(cluster(from_two, both, rules=OPEN)) == named("abc")
    result = cluster(from_two, both, rules=Rules(once=("side",), dense=0.0))
    assert groups(result) == named("ac", "b")
    assert result.held["reason"].to_pylist() == ["the same side twice"]


def bridge() -> list[Edge]:
    """Two groups of four in which all are alike, and one edge between them."""
    sides = [NAMES[:4], NAMES[4:8]]
    inner = [(a, b, 7.0) for side in sides for a in side for b in side if a < b]
    return [*inner, (NAMES[0], NAMES[4], 7.0)]


def test_a_single_edge_does_not_join_two_groups() -> None:
    eight = records(NAMES[:8])
    whole = frozenset(NAMES[:8])
    assert groups(cluster(eight, edges(*bridge()), rules=OPEN)) == {whole}
    result = cluster(eight, edges(*bridge()))
    assert groups(result) == {frozenset(NAMES[:4]), frozenset(NAMES[4:8])}
    assert result.held["reason"].to_pylist() == ["loosely connected"]


def test_a_large_component_is_split_where_it_is_weak_on_average() -> None:
    ten = [(a, b, 4.0) for a in NAMES[:5] for b in NAMES[:5] if a < b]
    others = [(a, b, 4.0) for a in NAMES[5:10] for b in NAMES[5:10] if a < b]
    across = [(a, b, 0.1 if a == NAMES[0] else -4.0) for a in NAMES[:5] for b in NAMES[5:10]]
    every = edges(*ten, *others, *across)
    assert len(groups(cluster(records(NAMES[:10]), every, rules=OPEN))) == 1
    split = cluster(records(NAMES[:10]), every, rules=Rules(large=8, dense=0.0))
    assert groups(split) == {frozenset(NAMES[:5]), frozenset(NAMES[5:10])}


def test_what_keys_hold_together_is_one_item_however_many_records_it_has() -> None:
    star = [("r0", name, 12.0) for name in NAMES[1:20]]
    assert len(groups(cluster(records(NAMES[:20]), edges(*star)))) > 1
    assert len(groups(cluster(records(NAMES[:20]), edges(*star, certain=True)))) == 1


def test_a_persons_word_outdoes_a_guard_but_no_other_word() -> None:
    two = records("ab", cn=["1", "2"])
    rules = Rules(exclusive=("cn",))
    word = edges(("a", "b", float("inf")))
    assert groups(cluster(two, edges(("a", "b", 99.0)), rules=rules)) == named("a", "b")
    assert groups(cluster(two, word, rules=rules)) == named("ab")
    assert groups(cluster(two, word, word, rules=rules)) == named("a", "b")


def test_confidence_is_the_strongest_edge_within_and_1_for_one_alone() -> None:
    result = cluster(records("abc"), edges(("a", "b", 1.0), ("b", "c", -2.0)))
    assert result.members["confidence"].to_pylist() == pytest.approx([2 / 3, 2 / 3, 1.0])


def test_an_edge_to_nobody_and_a_record_twice_are_told() -> None:
    with pytest.raises(ValueError, match="'z', which is not among the records"):
        cluster(records("ab"), edges(("a", "z", 1.0)))
    with pytest.raises(ValueError, match="twice"):
        cluster(records("aa"), edges())


def test_no_records_are_no_clusters() -> None:
    assert groups(cluster(records([]), edges())) == set()


@pytest.mark.slow
def test_a_million_records_are_clustered() -> None:
    draw = np.random.default_rng(4)
    names = np.char.add("record-", np.arange(1_000_000).astype(str))
    left = draw.integers(0, 1_000_000, 1_300_000)
    right = np.minimum(left + draw.integers(1, 4, left.size), 999_999)
    keep = left // 5 == right // 5
    table = pa.table(
        {
            "left_record": names[left[keep]],
            "right_record": names[right[keep]],
            "weight": draw.normal(6, 3, int(keep.sum())),
        }
    )
    numbers = pa.array([None if i % 3 else str(i % 50) for i in range(1_000_000)], pa.string())
    everyone = pa.table({"record": names, "cn": numbers})
    result = cluster(everyone, table, rules=Rules(exclusive=("cn",)))
    assert result.members.num_rows == 1_000_000
