"""Scores pairs of records with Splink: a model made of the filled fields, trained without labels.

To Splink comparisons are independent, so each fact is compared once. How often a level is met by
chance is counted on random pairs, how often in one entity is estimated by expectation maximisation
on the pairs that agree on one fact, for all the others.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from splink import DuckDBAPI, Linker, block_on

from identity.blocking import candidate_pairs
from identity.comparisons import compared, comparison, level_of, not_sisters
from identity.features import Filled, features_of, make_features
from warehouse.connection import Session

_RANDOM_PAIRS = 500_000
_TRAINING_PAIRS = 1_000_000
# Fewer pairs that agree on a fact teach nothing about the others.
_FEWEST_TRAINING_PAIRS = 100
# Of the true pairs, how many agree on two facts; a guess, of which an error of two is one bit.
_RECALL_OF_TWO = 0.7
# A difference is met at least this often in one entity, whatever training pairs that were all of
# one kind made of it: nothing that differs excludes by itself.
_RAREST = 0.005

# Facts that are worth training on; two of them together are taken for a match to begin with.
_TELLING = (
    ("identifier",),
    ("mailbox",),
    ("phone",),
    ("given", "family"),
    ("token_key",),
    ("name",),
    ("birth",),
    ("postcode",),
    ("street",),
    ("site",),
)


@dataclass(frozen=True)
class Model:
    """A trained Splink model: its document, which can be kept and used on other records."""

    entity: str
    features: tuple[str, ...]
    settings: dict[str, Any]


def score(
    session: Session, records: str, entity: str, *, into: str, without: Collection[str] = ()
) -> int:
    """Look for pairs, train on them and score them; make the relation `into` and give its size.

    `into` has left_record, right_record, weight (binary logarithm of the odds) and, per feature,
    gamma_<feature>: the level, counted from 0 (different) up, -1 where unknown. Pairs that are
    all but excluded (weight under -5) are left out, and companies that seem to be sisters. There
    are none where there are too few facts to learn from.

    Args:
        session: where the tables are made; they are called `scoring_...`.
        records: the input relation.
        entity: person or company.
        into: the table to make.
        without: features that others have judged already.
    """
    features = "scoring_features"
    possible = features_of(session, records, entity)
    if not _facts({name: count for name, count in possible.items() if name not in without}):
        session.execute(f"create or replace table {into} ({_NO_EDGES})")
        return 0
    filled = make_features(session, records, entity, features, without=without)
    candidate_pairs(session, features, filled, "scoring_pairs")
    model = train(session, features, entity, filled)
    if model is None:
        session.execute(f"create or replace table {into} ({_NO_EDGES})")
        return 0
    return score_pairs(session, features, "scoring_pairs", model, into=into)


_NO_EDGES = "left_record varchar, right_record varchar, weight double"


def train(session: Session, features: str, entity: str, filled: Filled) -> Model | None:
    """A model of the features that are `filled`, or None where they are too few.

    Of one or two comparisons nothing can be learnt without labels: nothing says which of their
    levels are those of one entity.
    """
    names = tuple(compared(filled))
    facts = _facts(filled)
    if not facts:
        return None
    comparisons = [comparison(name) for name in names]
    _count_by_chance(session, features, comparisons, facts)
    share = _share_of_matches(session, features, comparisons, facts)
    settings = {"comparisons": comparisons, "probability_two_random_records_match": share}
    learnt = [
        found
        for fact in facts
        if _agreeing_pairs(session, features, fact) >= _FEWEST_TRAINING_PAIRS
        for found in _learn_from(session, features, settings, fact)
    ]
    _set_in_one_entity(comparisons, learnt)
    return Model(entity, names, settings)


def _facts(filled: Filled) -> list[tuple[str, ...]]:
    """The telling facts, if there is enough to learn from: two of them, and three comparisons."""
    names = set(compared(filled))
    found: list[tuple[str, ...]] = [one for one in _TELLING if names.issuperset(one)]
    return found if len(found) >= 2 and len(names) >= 3 else []


def score_pairs(session: Session, features: str, pairs: str, model: Model, *, into: str) -> int:
    """Score the relation `pairs` (left_number, right_number) and make `into`; see `score`.

    `features` is of all records, however few the pairs: how rare a value is is counted in it.
    """
    database = DuckDBAPI(session.connection)
    linker = _linker(database, features, model.settings)
    session.execute(f"""
        create or replace table scoring_blocked as
        select left_number as join_key_l, right_number as join_key_r, '0' as match_key from {pairs}
    """)
    linker.table_management.register_blocked_pairs_for_predict(database.register("scoring_blocked"))
    scored = linker.inference.predict(threshold_match_weight=-5, warning_mode="never")
    levels = ", ".join(f"gamma_{name}" for name in model.features)
    session.execute(f"""
        create or replace table {into} as
        select l.record as left_record, r.record as right_record, match_weight as weight, {levels}
        from {scored.physical_name}
        join {features} as l on l.number = number_l
        join {features} as r on r.number = number_r
        where {not_sisters(model.features)}
    """)
    linker.table_management.delete_tables_created_by_splink_from_db()
    session.execute("drop table scoring_blocked")
    return int(session.value(f"select count(*) from {into}"))


def _linker(database: DuckDBAPI, features: str, settings: dict[str, Any]) -> Any:
    logging.getLogger("splink").setLevel(logging.ERROR)
    always = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "number",
        # Without it the levels are not told.
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
        "em_convergence": 0.001,
    }
    return Linker(database.register(features), {**settings, **always}, log_level=None)


def _count_by_chance(
    session: Session, features: str, comparisons: list[dict[str, Any]], facts: Sequence[Any]
) -> None:
    """Write into the comparisons how often each level is met in two records drawn at random.

    Pairs that agree on two telling facts are left out: in small data they are too many to ignore.
    """
    count = session.value(f"select count(*) from {features}")
    names = [one["output_column_name"] for one in comparisons]
    levels = ", ".join(f"{level_of(name)} as {name}" for name in names)
    agree = [" and ".join(f"{x}_l = {x}_r" for x in fact) for fact in facts]
    matches = " + ".join(f"coalesce({one}, false)::int" for one in agree)
    session.execute(f"""
        create or replace temp table by_chance as
        with drawn as (
            select hash(i) % {count} as a, hash(i + {_RANDOM_PAIRS}) % {count} as b
            from range({min(_RANDOM_PAIRS, 20 * count * count)}) as numbers (i)
        ),
        sides as (
            select columns(l.*) as '\\0_l', columns(r.*) as '\\0_r'
            from drawn join {features} as l on l.number = a join {features} as r on r.number = b
            where a <> b
        )
        select {levels} from sides where {matches} < 2
    """)
    for one in comparisons:
        name = one["output_column_name"]
        rows = session.rows(f"select {name} as level, count(*) as n from by_chance group by all")
        met = {row["level"]: row["n"] for row in rows if row["level"] >= 0}
        known = one["comparison_levels"][1:]
        for place, level in enumerate(known):
            found = met.get(len(known) - 1 - place, 0)
            level["u_probability"] = (found + 0.5) / (sum(met.values()) + len(known) / 2)
    session.execute("drop table by_chance")


def _share_of_matches(
    session: Session, features: str, comparisons: list[dict[str, Any]], facts: Sequence[Any]
) -> float:
    """The probability that two records drawn at random are one entity."""
    two = [block_on(*one, *other) for one, other in combinations(facts, 2)]
    linker = _linker(DuckDBAPI(session.connection), features, {"comparisons": comparisons})
    linker.training.estimate_probability_two_random_records_match(two, recall=_RECALL_OF_TWO)
    share = linker.misc.save_model_to_json()["probability_two_random_records_match"]
    # With no such pair, or only such pairs, there would be nothing to learn.
    return float(min(max(share, 1e-9), 0.5))


def _agreeing_pairs(session: Session, features: str, fact: tuple[str, ...]) -> int:
    known = " and ".join(f"{name} is not null" for name in fact)
    pairs = session.value(f"""
        select coalesce(sum(n * (n - 1) // 2), 0)::bigint from (
            select count(*) as n from {features} where {known} group by {", ".join(fact)}
        )
    """)
    return int(pairs)


def _learn_from(
    session: Session, features: str, settings: dict[str, Any], fact: tuple[str, ...]
) -> Iterator[tuple[str, str, float]]:
    """Learn from the pairs that agree on one fact what the others are like in one entity.

    Gives feature, level and how often it is met. Nothing where all of the pairs are of one kind:
    a share goes to 0 then, which Splink refuses.
    """
    pairs = _agreeing_pairs(session, features, fact)
    linker = _linker(DuckDBAPI(session.connection), features, settings)
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*fact),
            estimate_without_term_frequencies=True,
            max_pairs=_TRAINING_PAIRS if pairs > _TRAINING_PAIRS else None,
        )
    except ValueError:
        return
    for one in linker.misc.save_model_to_json()["comparisons"]:
        if one["output_column_name"] not in fact:
            for level in one["comparison_levels"][1:]:
                met = level.get("m_probability") or 0.0
                yield one["output_column_name"], level["label_for_charts"], met


def _set_in_one_entity(
    comparisons: list[dict[str, Any]], learnt: Sequence[tuple[str, str, float]]
) -> None:
    """Write into the comparisons how often each level is met in one entity.

    What was learnt from too few or too similar pairs is kept from being certain.
    """
    for one in comparisons:
        name, levels = one["output_column_name"], one["comparison_levels"][1:]
        for level in levels:
            met = [x for which, label, x in learnt if (which, label) == _named(name, level)]
            level["m_probability"] = max(
                sum(met) / len(met) if met else 0.0, min(_RAREST, level["u_probability"])
            )
        if not any(which == name for which, _, _ in learnt):
            levels[0]["m_probability"] = 1.0
        total = sum(level["m_probability"] for level in levels)
        for level in levels:
            level["m_probability"] /= total


def _named(feature: str, level: dict[str, Any]) -> tuple[str, str]:
    return feature, level["label_for_charts"]
