"""What the warehouse knows of lead scores: whether they are good, and why somebody has theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from orchestration.app import App
from warehouse.connection import Session
from warehouse.errors import Misconfigured

_EVALUATION = "select * from metrics.lead_score_evaluation"
_BANDS = "select * from metrics.lead_score_bands order by band_floor"
_THRESHOLDS = "select * from metrics.lead_score_thresholds order by threshold"
_PROPENSITY = "select * from metrics.lead_propensity_evaluation"

_SCORE = """
    select scores.*, person.full_name, person.email, person.title
    from marts.lead_scores as scores
    inner join canonical.person as person on scores.person_id = person.person_id
    where scores.person_id = $word or lower(person.email) = lower($word)
    order by scores.person_id
    limit 1
"""
_PARTS = """
    select axis, rule_id, points, decayed_points, touch_count, last_touch_at, is_capped, reason
    from metrics.lead_score_parts
    where person_id = $person_id
    order by abs(points) desc, axis, position
"""
_CHANCE = "select * from metrics.lead_propensities where person_id = $person_id"


def evaluation(app: App) -> dict[str, Any]:
    """The scores and the estimate against what became of the leads, as the last build saw it.

    Raises:
        Misconfigured: nothing has been scored.
    """
    with app.warehouse.open("reading lead scores") as session:
        _check(session)
        found = session.rows(_EVALUATION)
        if not found:
            raise Misconfigured(
                "The rule book has no scoring document",
                advice="write one, as dbt_project/rules/scoring.yml is, and run `revops build`",
            )
        return {
            "rules": _plain(found[0]),
            "bands": [_plain(row) for row in session.rows(_BANDS)],
            "thresholds": [_plain(row) for row in session.rows(_THRESHOLDS)],
            "propensity": _plain(session.rows(_PROPENSITY)[0]),
        }


def explanation(app: App, word: str) -> dict[str, Any]:
    """The score of a person, by id or mail address, with what every rule gives.

    Raises:
        Misconfigured: nothing has been scored, or there is no such person.
    """
    with app.warehouse.open("reading lead scores") as session:
        _check(session)
        found = session.rows(_SCORE, {"word": word})
        if not found:
            raise Misconfigured(
                f"Nobody who has a score is called {word!r}",
                advice="name a person_id of marts.lead_scores, or a mail address",
            )
        of_person = {"person_id": found[0]["person_id"]}
        chance = session.rows(_CHANCE, of_person)
        return {
            "score": _plain(found[0]),
            "parts": [_plain(row) for row in session.rows(_PARTS, of_person)],
            "propensity": _plain(chance[0]) if chance else None,
        }


def _check(session: Session) -> None:
    if not session.value(
        "select count(*) from duckdb_tables()"
        " where schema_name = 'marts' and table_name = 'lead_scores'"
    ):
        raise Misconfigured("Nobody has been scored yet", advice="run `revops build` first")


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as numbers: figures are read by people and programs, not added up."""
    found: dict[str, Any] = json.loads(json.dumps(dict(row), default=_json))
    return found


def _json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else float(value)
