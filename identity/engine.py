"""Resolves people and companies: normalise, accounts first, then people, then what is left open.

Everything is kept in the work schema, so that a later call with new, changed or deleted records
redoes what they touch and nothing else, and gives what a first call would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from identity import accounts, evidence, keys
from identity.joining import join_by_rules, join_parties
from identity.outcome import declare_rules, write_outcome
from identity.parties import describe_parties
from identity.patterns import load_shipped
from identity.people import link_by_rules
from identity.placing import place_records
from identity.residue import compare_parties, score_parties
from identity.steps import Steps, is_first
from identity.vocabulary import Entity
from warehouse.connection import Session

_DECISIONS = """
select entity::varchar as entity, decision::varchar as decision,
    left_record::varchar as left_record, right_record::varchar as right_record,
    value::varchar as value
from {source}
"""

_NO_DECISIONS = """(
    select null::varchar as entity, null::varchar as decision, null::varchar as left_record,
        null::varchar as right_record, null::varchar as value
    where false
)"""


def resolve(
    session: Session,
    *,
    people: str | None,
    companies: str | None,
    work: str = "identity_work",
    decisions: str | None = None,
    referenced: bool = False,
    patterns: list[dict[str, Any]] | None = None,
    say: Callable[[str], None] | None = None,
) -> None:
    """Write who is who into the schema `work`: see the relations in `identity.outcome`.

    Args:
        session: where the relations are, and where the schema is kept.
        people: a relation of people's records with every column of the vocabulary, or None.
        companies: the same of companies' records.
        work: the schema; kept from run to run, it makes the next run incremental.
        decisions: a relation of stewards' decisions: entity, decision, left_record, right_record,
            value.
        referenced: whether `companies` is a list of known, distinct companies rather than
            records that may double each other.
        patterns: counted patterns of comparison instead of the shipped ones, to measure them.
        say: told the name of every stage when it begins.
    """
    tell = say or (lambda _: None)
    first = is_first(session, work)
    with _tuned(session, is_first=first):
        session.execute(f"create schema if not exists {work}")
        steps = Steps(session, work, is_first=first)
        session.execute(f"drop table if exists {work}.finished")
        tell("reading keys")
        _begin(steps, decisions, patterns)
        keys.ban_values(steps)
        relations: dict[Entity, str | None] = {"person": people, "company": companies}
        for entity, relation in relations.items():
            keys.prepare(steps, relation or keys.none_of(steps, entity), entity)
        tell("grouping companies")
        accounts.group_nodes(steps, referenced=referenced)
        accounts.link_companies(steps)
        # Companies are few beside people, so their records are joined anew in every run.
        join_by_rules(Steps(session, work, is_first=True), "company")
        place_records(steps)
        tell("linking people by rules")
        evidence.group_mailboxes(steps)
        link_by_rules(steps)
        join_by_rules(steps, "person")
        tell("comparing what the rules leave open")
        describe_parties(steps)
        compare_parties(steps)
        score_parties(steps)
        join_parties(steps)
        tell("writing the outcome")
        write_outcome(steps)
        session.execute(f"create table {work}.finished as select true as is_finished")


@contextmanager
def _tuned(session: Session, *, is_first: bool) -> Iterator[None]:
    """No step depends on the order of rows, and to keep it costs memory and a second thread.

    And a run that changes a little of many tables would write all of them into the file several
    times over: its log is short, and is taken into the file behind it.
    """
    tuned = {"preserve_insertion_order": "false"}
    if not is_first:
        tuned["checkpoint_threshold"] = "1GB"
    before = {name: session.value(f"select current_setting('{name}')::varchar") for name in tuned}
    for name, value in tuned.items():
        session.execute(f"set {name} = '{value}'")
    try:
        yield
    finally:
        for name, value in before.items():
            session.execute(f"set {name} = '{value}'")


def _begin(steps: Steps, decisions: str | None, patterns: list[dict[str, Any]] | None) -> None:
    source = decisions or _NO_DECISIONS
    steps.replace(
        "decision",
        _DECISIONS,
        changed={"linked": "unnest([left_record, right_record])"},
        values={"source": source},
    )
    declare_rules(steps)
    load_shipped(steps.session, steps.work, patterns)
    evidence.load_nicknames(steps.session, steps.work)
