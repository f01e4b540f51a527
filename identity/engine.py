"""Resolves people and companies: normalise, accounts first, then people, then what is left open.

Everything is kept in the work schema, so that a later call with new, changed or deleted records
redoes what they touch and nothing else, and gives what a full run would give.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from identity import accounts, evidence, keys
from identity.outcome import cluster_by_rules, cluster_parties, declare_rules, write_outcome
from identity.parties import describe_parties
from identity.patterns import load_shipped
from identity.people import link_by_rules
from identity.residue import compare_parties, score_parties
from warehouse.connection import Session

_DECISIONS = """
create or replace table {work}.decision as
select entity, decision, left_record, right_record, value from {source}
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
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Write who is who into the schema `work`: see the tables in `identity.outcome`.

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
        say: is told which stage begins.
    """
    session.execute(f"create schema if not exists {work}")
    source = decisions or _NO_DECISIONS
    session.execute(_DECISIONS.format(work=work, source=source))
    declare_rules(session, work)
    evidence.load_nicknames(session, work)
    load_shipped(session, work, patterns)
    say("reading keys")
    for entity, relation in (("person", people), ("company", companies)):
        keys.prepare(session, work, relation or keys.none_of(session, work, entity), entity)
    say("linking by rules")
    accounts.group_nodes(session, work, referenced=referenced)
    accounts.link_companies(session, work)
    accounts.place_records(session, work, referenced=referenced)
    evidence.group_mailboxes(session, work)
    link_by_rules(session, work)
    for entity in keys.ENTITIES:
        cluster_by_rules(session, work, entity)
    say("comparing what the rules leave open")
    describe_parties(session, work)
    compare_parties(session, work)
    score_parties(session, work)
    cluster_parties(session, work)
    say("writing who is who")
    write_outcome(session, work)
