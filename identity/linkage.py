"""Joins items one edge after the other, under constraints: Kruskal, and average linkage.

Plain Python, for the few components that the set-wise part of `identity.clustering` found to be
complicated. Items are numbers; of two equally good steps the one with the smaller numbers is
taken, so that a result depends on nothing but the items and their edges.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from heapq import heapify, heappop, heappush

Pair = tuple[int, int]


class Forest:
    """Groups of items that remember what they may not be joined with.

    `exclusive` gives per attribute the value of some items: groups that both have values and
    share none stay apart. `once` gives per attribute values that may occur in a group but once.
    """

    def __init__(
        self,
        cannot_link: Iterable[Pair] = (),
        exclusive: Sequence[dict[int, Hashable]] = (),
        once: Sequence[dict[int, Hashable]] = (),
    ) -> None:
        self._parent: dict[int, int] = {}
        self._foes: dict[int, set[int]] = {}
        for left, right in cannot_link:
            self._foes.setdefault(left, set()).add(right)
            self._foes.setdefault(right, set()).add(left)
        self._exclusive = [{item: {value} for item, value in one.items()} for one in exclusive]
        self._once = [{item: {value} for item, value in one.items()} for one in once]

    def root(self, item: int) -> int:
        """The smallest item of the group."""
        parent = self._parent
        root = item
        while (above := parent.get(root, root)) != root:
            root = above
        while item != root:
            parent[item], item = root, parent.get(item, item)
        return root

    def may_join(self, left: int, right: int, *, anyway: bool = False) -> bool:
        """Whether two roots' groups may become one; `anyway` asks for cannot-link alone."""
        if right in self._foes.get(left, ()):
            return False
        if anyway:
            return True
        for values in self._exclusive:
            ours, theirs = values.get(left), values.get(right)
            if ours and theirs and ours.isdisjoint(theirs):
                return False
        return all(
            values.get(left, set()).isdisjoint(values.get(right, ())) for values in self._once
        )

    def join(self, left: int, right: int) -> int:
        """Make one group of two roots' groups, allowed or not, and return its root."""
        root, other = min(left, right), max(left, right)
        self._parent[other] = root
        for foe in self._foes.pop(other, set()):
            self._foes[foe].discard(other)
            if foe != root:
                self._foes[foe].add(root)
                self._foes.setdefault(root, set()).add(foe)
        for values in (*self._exclusive, *self._once):
            if other in values:
                values.setdefault(root, set()).update(values.pop(other))
        return root


def kruskal(forest: Forest, edges: Iterable[Pair], *, anyway: bool = False) -> None:
    """Join along the edges, strongest first as given, wherever the forest allows it."""
    for left, right in edges:
        one, other = forest.root(left), forest.root(right)
        if one != other and forest.may_join(one, other, anyway=anyway):
            forest.join(one, other)


def average_linkage(
    forest: Forest, similarities: Iterable[tuple[int, int, float]], *, at_least: float
) -> None:
    """Join the two groups that are most alike, again and again, while they are alike enough.

    Two groups are as alike as the mean similarity of all pairs across them; a pair that is not
    given counts as 0. What the forest holds as one group at the start counts as one item, as like
    another as its likest member.
    """
    near: dict[int, dict[int, float]] = {}
    for left, right, similarity in similarities:
        one, other = forest.root(left), forest.root(right)
        if one != other and similarity > near.get(one, {}).get(other, 0.0):
            near.setdefault(one, {})[other] = similarity
            near.setdefault(other, {})[one] = similarity
    size = dict.fromkeys(near, 1)
    queue = [
        (-similarity, one, other)
        for one, others in near.items()
        for other, similarity in others.items()
        if one < other and similarity >= at_least
    ]
    heapify(queue)
    while queue:
        alike, one, other = heappop(queue)
        total = near.get(one, {}).get(other)
        # An entry of the time before one of the two grew, or was joined to another.
        if total is None or -alike != total / (size[one] * size[other]):
            continue
        if not forest.may_join(one, other):
            continue
        root = forest.join(one, other)
        _merge(near, root, other if root == one else one)
        size[root] = size[one] + size[other]
        for neighbour, summed in near[root].items():
            mean = summed / (size[root] * size[neighbour])
            if mean >= at_least:
                heappush(queue, (-mean, min(root, neighbour), max(root, neighbour)))


def _merge(near: dict[int, dict[int, float]], root: int, other: int) -> None:
    """Add up the similarities of two groups to each of their neighbours."""
    ours = near[root]
    for neighbour, summed in near.pop(other).items():
        theirs = near[neighbour]
        del theirs[other]
        if neighbour != root:
            ours[neighbour] = theirs[root] = ours.get(neighbour, 0.0) + summed
