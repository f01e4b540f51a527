"""People who may be counted, and the stages that they entered."""

from __future__ import annotations

from collections import defaultdict

from tests.metrics.oracle.company import Company, Person, PersonStage

LEAD, MQL, SAL, SQL, REJECTED = STAGES = ("LEAD", "MQL", "SAL", "SQL", "REJECTED")


def living(company: Company) -> list[Person]:
    """Everyone known as of now who did not ask to be erased."""
    return [
        person
        for person in company.people
        if not person.is_deleted
        and (person.created_at is None or person.created_at < company.calendar.as_of)
    ]


def erased(company: Company) -> set[str]:
    return {person.person_id for person in company.people if person.is_deleted}


def stage_entries(company: Company) -> dict[str, list[PersonStage]]:
    """By person, in order; what happens in one instant happens in the order of the stages."""
    entries = defaultdict(list)
    for row in sorted(
        company.person_stages, key=lambda row: (row.entered_at, STAGES.index(row.stage))
    ):
        if row.entered_at < company.calendar.as_of:
            entries[row.person_id].append(row)
    return dict(entries)
