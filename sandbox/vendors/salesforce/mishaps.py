"""What goes wrong in Salesforce alone: late commits, lost cursors and jobs, fields that drift."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox.instants import parse_instant

# How late a transaction may commit, counted from the stamps of its rows.
LATE = timedelta(minutes=10)

# The org (its class needs this module) and the path of the call that is struck.
Mishap = Callable[[Any, str], None]


def _late_commit(org: Any, path: str) -> None:  # noqa: ARG001  # whatever is asked
    """What was created in the last minutes cannot be seen yet, though its stamp has passed."""
    now = org.clock.now()
    for table in org.tables.values():
        for record in table:
            if parse_instant(record["CreatedDate"]) > now - LATE:
                org.uncommitted[record["Id"]] = now + LATE


def _lose_locators(org: Any, path: str) -> None:  # noqa: ARG001  # whatever is asked
    org.cursors.clear()


def _lose_jobs(org: Any, path: str) -> None:  # noqa: ARG001  # whatever is asked
    org.jobs.forget()
    org.ingests.forget()


def _doom(state: str) -> Mishap:
    def doom(org: Any, path: str) -> None:  # noqa: ARG001  # the next job that is looked at
        org.jobs.doom = state

    return doom


def _hide_field(org: Any, path: str) -> None:
    """The user loses the right to see a field: it is gone from describe and from queries."""
    fields = org.fields[_described(path)]
    del fields[_last_plain(fields)]


def _retype_field(org: Any, path: str) -> None:
    fields = org.fields[_described(path)]
    fields[_last_plain(fields)] = "address"


def _add_field(org: Any, path: str) -> None:
    org.fields[_described(path)]["Brand_New__c"] = "string"


def _described(path: str) -> str:
    """The object of `.../sobjects/<object>/describe`."""
    return path.partition("/sobjects/")[2].partition("/")[0]


def _last_plain(fields: dict[str, str]) -> str:
    """The last field that people fill in."""
    return [name for name, of in fields.items() if of in {"string", "picklist", "phone"}][-1]


MISHAPS: dict[str, Mishap] = {
    "late_commit": _late_commit,
    "lose_locators": _lose_locators,
    "lose_jobs": _lose_jobs,
    "job_failed": _doom("Failed"),
    "job_aborted": _doom("Aborted"),
    "hide_field": _hide_field,
    "retype_field": _retype_field,
    "add_field": _add_field,
}
