"""Compares what was unified with the sandbox's truth, and with the best that its data allows.

All figures are of pairs of records. A record with neither a name nor an address of its own
cannot be resolved by anybody: its pairs are out of reach, and that bounds the recall.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from warehouse.connection import Session


@dataclass(frozen=True)
class Quality:
    """Shares of pairs, None where there is no pair; `best_recall` is what the data allows."""

    records: int
    unresolvable: int
    precision: float | None
    recall: float | None
    best_recall: float | None

    @property
    def f1(self) -> float | None:
        return _f1(self.precision, self.recall)

    @property
    def best_f1(self) -> float | None:
        return _f1(1.0, self.best_recall)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"f1": self.f1, "best_f1": self.best_f1}


def _f1(precision: float | None, recall: float | None) -> float | None:
    if precision is None or recall is None or not precision + recall:
        return None
    return 2 * precision * recall / (precision + recall)


# Entity -> the file of the truth, its column, our map and id, and what a record is known by.
_ENTITIES = {
    "accounts": (
        *("accounts", "account", "account_map", "account_id", "company_records"),
        "coalesce(company_name, normalised_domain, corporate_number, list_any_value(links))",
    ),
    "people": (
        *("people", "person", "person_map", "person_id", "person_records"),
        "coalesce(full_name, if(is_shared_mailbox, null, normalised_email), list_any_value(links))",
    ),
}

_QUALITY = """
with matched as (
    select map.{id} as predicted, truth.{actual} as actual, {known_by} is not null as is_resolvable
    from identity.{map} as map
    inner join identity.{records} as records using (record_reference)
    inner join read_csv($truth, all_varchar = true) as truth
        on map.source = truth.vendor and map.source_record_id = truth.record_id
    where lower(truth.object) != 'owners'
),

pairs as (
    select
        (select sum(n * (n - 1) / 2)
            from (select count(*) as n from matched group by predicted, actual)) as shared,
        (select sum(n * (n - 1) / 2)
            from (select count(*) as n from matched group by predicted)) as predicted,
        (select sum(n * (n - 1) / 2)
            from (select count(*) as n from matched group by actual)) as actual,
        (select sum(n * (n - 1) / 2) from (
            select count(*) as n from matched where is_resolvable group by actual
        )) as reachable
)

select
    (select count(*) from matched) as records,
    (select count(*) from matched where not is_resolvable) as unresolvable,
    shared / nullif(predicted, 0) as precision,
    shared / nullif(actual, 0) as recall,
    reachable / nullif(actual, 0) as best_recall
from pairs
"""


def measure(session: Session, truth: Path) -> dict[str, Quality]:
    """The quality of accounts and people, of those whose truth lies in the folder."""
    found = {}
    for name, (file, actual, map_, id_, records, known_by) in _ENTITIES.items():
        path = truth / f"{file}.csv"
        if path.exists():
            query = _QUALITY.format(
                actual=actual, map=map_, id=id_, records=records, known_by=known_by
            )
            found[name] = Quality(**session.rows(query, {"truth": str(path)})[0])
    return found
