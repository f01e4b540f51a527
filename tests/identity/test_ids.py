"""Ids stay with what stays together, whatever else happens; hypothesis looks for what breaks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.history import Causes
from identity.ids import Run, assign, find_retired, prepare
from warehouse import identity_memory
from warehouse.connection import Session, scratch
from warehouse.state import StateStore

Clusters = dict[str, str]
"""Record -> cluster."""

BEGAN = datetime(2024, 1, 1, tzinfo=UTC)


class World:
    """A warehouse that gives ids to one clustering after the other."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.runs = 0

    def ids(self, clusters: Clusters, *, reverse: bool = False, **causes: str) -> dict[str, str]:
        """Record -> id. The later a record's number, the later it was created."""
        self.runs += 1
        rows = sorted(clusters.items(), reverse=reverse)
        columns: dict[str, list[object]] = {
            "record": [record for record, _ in rows],
            "cluster": [cluster for _, cluster in rows],
            "created_at": [BEGAN + timedelta(hours=int(r.split(":")[2])) for r, _ in rows],
        }
        types: Any = {"record": "text", "cluster": "text", "created_at": "instant"}
        run = Run(f"run-{self.runs}", BEGAN + timedelta(days=1000 + self.runs))
        with self.session.table("clusters", columns, types):
            assign(self.session, "company", "clusters", run, causes=Causes(**causes))
        found = self.session.rows("select record, entity_id from ids_assigned")
        return {row["record"]: row["entity_id"] for row in found}

    def events(self) -> list[tuple[str, str | None, str | None]]:
        """What the last run wrote into the history."""
        found = self.session.rows(
            "select event, from_id, to_id from ops.identity_events"
            " where run_id = $run order by all",
            {"run": f"run-{self.runs}"},
        )
        return [(row["event"], row["from_id"], row["to_id"]) for row in found]

    def retired(self) -> dict[str, str | None]:
        find_retired(self.session)
        found = self.session.rows("select retired_id, entity_id from ids_retired")
        return {row["retired_id"]: row["entity_id"] for row in found}


@contextmanager
def world() -> Iterator[World]:
    with scratch(threads=1) as session:
        yield World(session)


def record(number: int) -> str:
    return f"tool:things:{number}"


def clusters_of(*groups: list[int]) -> Clusters:
    return {record(n): f"c{group[0]}" for group in groups for n in group}


clusterings = st.lists(st.integers(0, 5), min_size=1, max_size=14).map(
    lambda drawn: {record(number): f"c{group}" for number, group in enumerate(drawn)}
)


def groups(ids: dict[str, str]) -> set[frozenset[str]]:
    by_id: dict[str, set[str]] = {}
    for one, entity_id in ids.items():
        by_id.setdefault(entity_id, set()).add(one)
    return {frozenset(members) for members in by_id.values()}


def expected_owners(before: dict[str, str], clusters: Clusters) -> dict[str, str]:
    """The oracle: id -> cluster, whoever share most records first, then the oldest record."""
    shared: Counter[tuple[str, str]] = Counter()
    oldest: dict[tuple[str, str], int] = {}
    for one, cluster in clusters.items():
        if one in before:
            pair = (before[one], cluster)
            shared[pair] += 1
            number = int(one.split(":")[2])
            oldest[pair] = min(oldest.get(pair, number), number)
    owners: dict[str, str] = {}
    for entity_id, cluster in sorted(shared, key=lambda pair: (-shared[pair], oldest[pair])):
        if entity_id not in owners and cluster not in owners.values():
            owners[entity_id] = cluster
    return owners


@given(clusterings)
@settings(max_examples=7, deadline=None)
def test_one_cluster_is_one_id_and_the_order_of_the_records_is_nothing(clusters: Clusters) -> None:
    with world() as one, world() as other:
        ids = one.ids(clusters)
        assert groups(ids) == groups(clusters)
        assert other.ids(clusters, reverse=True) == ids


@given(clusterings)
@settings(max_examples=5, deadline=None)
def test_a_run_that_finds_the_same_changes_nothing_and_tells_nothing(clusters: Clusters) -> None:
    with world() as here:
        ids = here.ids(clusters)
        renamed = {one: f"other {cluster}" for one, cluster in clusters.items()}
        assert here.ids(renamed) == ids
        assert here.events() == []


@given(clusterings, clusterings, clusterings)
@settings(max_examples=10, deadline=None)
def test_an_id_goes_where_most_of_its_records_go(
    first: Clusters, second: Clusters, third: Clusters
) -> None:
    with world() as here:
        before = here.ids(first)
        for clusters in (second, third):
            now = here.ids(clusters)
            assert groups(now) == groups(clusters)
            owners = expected_owners(before, clusters)
            for entity_id, cluster in owners.items():
                members = {one for one, found in clusters.items() if found == cluster}
                assert {now[one] for one in members} == {entity_id}
            # A record that is away keeps its id as long as others have it, and may come back.
            living = set(now.values())
            before = {one: known for one, known in (before | now).items() if known in living}


@given(clusterings, clusterings)
@settings(max_examples=7, deadline=None)
def test_what_is_untouched_keeps_its_id_whatever_is_added_or_vanishes_beside_it(
    first: Clusters, second: Clusters
) -> None:
    with world() as here:
        apart = {one.replace("tool", "crm"): f"x{c}" for one, c in second.items()}
        before = here.ids(first)
        grown = here.ids(first | apart)
        assert {one: grown[one] for one in first} == before
        assert here.ids(first) == before
        assert {one: i for one, i in here.ids(first | apart).items() if one in apart} == {
            one: grown[one] for one in apart
        }


@given(clusterings, clusterings, clusterings)
@settings(max_examples=10, deadline=None)
def test_every_id_of_old_leads_in_one_step_to_an_id_of_now(
    first: Clusters, second: Clusters, third: Clusters
) -> None:
    with world() as here:
        ever: set[str] = set()
        now: dict[str, str] = {}
        for clusters in (first, second, third):
            now = here.ids(clusters)
            ever |= set(now.values())
        retired = here.retired()
        assert set(retired) == ever - set(now.values())
        assert {one for one in retired.values() if one is not None} <= set(now.values())


@given(clusterings, clusterings)
@settings(max_examples=7, deadline=None)
def test_an_undone_change_gives_every_id_back(first: Clusters, second: Clusters) -> None:
    everything = {record(number): "c0" for number in range(14)} | second
    with world() as here:
        before = here.ids(everything | first)
        here.ids(everything)
        assert here.ids(everything | first) == before


@given(days=st.lists(clusterings, min_size=2, max_size=4))
@settings(max_examples=7, deadline=None)
def test_a_warehouse_built_from_raw_has_the_same_ids_as_the_one_that_remembers(
    days: list[Clusters], tmp_path_factory: pytest.TempPathFactory
) -> None:
    state = StateStore(f"sqlite:///{tmp_path_factory.mktemp('state') / 'state.sqlite'}")
    with world() as remembering, world() as anew:
        ids: dict[str, str] = {}
        for clusters in days:
            ids = remembering.ids(clusters)
            _publish(remembering.session)
            identity_memory.save(remembering.session, state)
        prepare(anew.session)
        identity_memory.load(anew.session, state)
        assert anew.ids(days[-1]) == ids
    state.close()


def _publish(session: Session) -> None:
    session.execute("create schema if not exists identity")
    session.execute(
        "create or replace table identity.account_map as"
        " select entity_id as account_id, founder as founder_reference from ids_assigned"
    )
    session.execute(
        "create or replace table identity.person_map as"
        " select null::varchar as person_id, null::varchar as founder_reference where false"
    )


def test_a_merge_ends_the_smaller_id_and_a_split_brings_it_back() -> None:
    with world() as here:
        first = here.ids(clusters_of([1, 2, 3], [4, 5]))
        large, small = first[record(1)], first[record(4)]
        merged = here.ids(clusters_of([1, 2, 3, 4, 5]))
        assert set(merged.values()) == {large}
        assert here.events() == [("merged", small, large)]
        assert here.retired() == {small: large}
        parted = here.ids(clusters_of([1, 2, 3], [4, 5]))
        assert parted == first
        assert here.events() == [("restored", large, small)]
        assert here.retired() == {}


def test_of_two_that_are_alike_the_older_one_stays() -> None:
    with world() as here:
        first = here.ids(clusters_of([4, 5], [1, 9]))
        assert set(here.ids(clusters_of([1, 4, 5, 9])).values()) == {first[record(1)]}


def test_a_split_leaves_the_id_with_the_larger_part_and_never_gives_an_id_twice() -> None:
    with world() as here:
        founded = here.ids(clusters_of([1, 2, 3, 4]))[record(1)]
        now = here.ids(clusters_of([1], [2, 3, 4]))
        assert now[record(2)] == founded
        assert now[record(1)] != founded
        assert here.events() == [("split", founded, now[record(1)])]


def test_an_older_record_that_comes_later_does_not_change_an_id() -> None:
    with world() as here:
        before = here.ids(clusters_of([5, 6]))
        assert here.ids(clusters_of([1, 5, 6]))[record(5)] == before[record(5)]


def test_old_ids_lead_to_the_last_of_several_merges_in_one_step() -> None:
    with world() as here:
        first = here.ids(clusters_of([1], [2, 3], [4, 5, 6]))
        here.ids(clusters_of([1, 2, 3], [4, 5, 6]))
        here.ids(clusters_of([1, 2, 3, 4, 5, 6]))
        last = first[record(2)] if here.retired().get(first[record(4)]) else first[record(4)]
        assert set(here.retired().values()) == {last}
        assert len(here.retired()) == 2


def test_an_id_rests_when_its_last_record_vanishes_and_wakes_with_it() -> None:
    with world() as here:
        first = here.ids(clusters_of([1], [2]))
        here.ids(clusters_of([1]))
        assert here.events() == [("retired", first[record(2)], None)]
        assert here.retired() == {first[record(2)]: None}
        assert here.ids(clusters_of([1], [2])) == first
        assert here.events() == [("restored", None, first[record(2)])]


def test_the_history_says_by_which_edge_two_became_one_and_who_parted_them() -> None:
    with world() as here:
        here.session.execute(
            "create table edges as select 'company' as entity, $a as left_record,"
            " $b as right_record, 'domain' as rule, 9.0::double as weight,"
            " 'aoba.jp' as inputs, true as accepted",
            {"a": record(2), "b": record(3)},
        )
        here.session.execute(
            "create table decided as select 'company' as entity, 'must_not_link' as decision,"
            " $a as left_record, $b as right_record, 'mio' as decided_by, 'twins' as because",
            {"a": record(2), "b": record(3)},
        )
        here.ids(clusters_of([1, 2], [3]))
        here.ids(clusters_of([1, 2, 3]), edges="edges")
        here.ids(clusters_of([1, 2], [3]), decisions="decided")
        told = here.session.rows(
            "select event, rule, why, records from ops.identity_events"
            " where event != 'minted' order by happened_at"
        )
        pair = [record(2), record(3)]
        assert told == [
            {"event": "merged", "rule": "domain", "why": "domain aoba.jp", "records": pair},
            {"event": "restored", "rule": "must_not_link", "why": "mio: twins", "records": pair},
        ]
