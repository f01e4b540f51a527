"""Plans an erasure: every place that holds the person, and what to do there; asks no tool."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from connectors.core import registry
from reverse_etl.destinations.registry import kind_of
from reverse_etl.erasure.files import files_with
from reverse_etl.erasure.subject import Subject, subject_of
from reverse_etl.forgetting.base import tools
from reverse_etl.spec import syncs
from warehouse.connection import Session, Warehouse
from warehouse.erasing_state import Entries, documents_of, sent_of
from warehouse.erasing_tables import Held as HeldTable
from warehouse.erasing_tables import held_in
from warehouse.erasures import Step
from warehouse.errors import Held
from warehouse.json_text import written
from warehouse.state import StateStore

_TAKES_AWAY = ("remove", "delete")
_BACKUPS = (
    "backups of the warehouse and the state store made until now hold the person: let them expire"
    " or delete them; after one is put back, run the erasure again"
)
_NAMED = "they hold the full name and nothing else of the person: it can be another's, read them"


@dataclass(frozen=True)
class ErasurePlan:
    """Whom it is about, and the steps in the order in which they are taken."""

    subject: Subject
    steps: tuple[Step, ...]
    open_syncs: tuple[str, ...]

    @property
    def digest(self) -> str:
        """The same for two plans that would do the same to the same person."""
        told = [self.subject.as_json(), [[s.kind, s.at, s.found, dict(s.told)] for s in self.steps]]
        text = json.dumps(told, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def check(self) -> None:
        """Refuse to begin while it is not known what a tool holds.

        Raises:
            Held: an earlier sync was cut off, and has rows of the person in doubt.
        """
        if self.open_syncs:
            raise Held(
                "It is not settled what became of rows of this person:"
                f" {', '.join(self.open_syncs)}",
                advice=f"run `revops sync {self.open_syncs[0]}`: it asks the tool; then plan again",
            )


def plan_erasure(
    warehouse: Warehouse,
    state: StateStore,
    home: Path,
    *,
    email: str | None = None,
    person_id: str | None = None,
    logs: Mapping[str, str],
    folders: Sequence[Path] = (),
) -> ErasurePlan:
    """Everything that is to be done about one person; changes nothing.

    `logs` tells of staging tables which raw table each is made of; `folders` are those of
    published copies and exported files.

    Raises:
        Misconfigured: there is no such person, or an address is that of several.
    """
    with warehouse.open("looking for a person") as session:
        subject = subject_of(session, email, person_id)
        tables = held_in(session, subject.needles, subject.own, logs)
        copies = _copies(session)
    sent = entries_left(state, subject)
    steps = [
        Step("tombstones", "state store", len(subject.must_not_return)),
        *_in_tools(subject, sent),
        *(_table(one) for one in tables if one.rows),
        *(_ledger(one) for one in sent),
        *([_table(copies)] if sent and copies and copies not in tables else []),
        *(
            Step("document", f"state store: {name}", rows, {"table": str(name)})
            for name, rows in sorted(documents_of(state, subject.needles).items())
        ),
        *files_with(subject.needles, home, folders),
        Step("rewrite", "file of the warehouse", 1),
        *_by_hand(subject, tables),
        Step("check", "warehouse and state store", 1),
    ]
    return ErasurePlan(subject, _each_once(steps), tuple(one.sync for one in sent if one.open))


def entries_left(state: StateStore, subject: Subject) -> list[Entries]:
    """What the ledger still tells of the person."""
    return sent_of(state, subject.needles, _ids(subject), _owner(subject))


def _copies(session: Session) -> HeldTable | None:
    """The numbers of what was delivered, which are by key."""
    known = session.value("select 1 from duckdb_tables() where schema_name = 'sync_memory'")
    return HeldTable("sync_memory", "", "disposable", 1) if known else None


def _each_once(steps: Sequence[Step]) -> tuple[Step, ...]:
    kept: dict[tuple[str, str], Step] = {}
    for step in steps:
        kept.setdefault((step.kind, step.at), step)
    return tuple(kept.values())


def _ids(subject: Subject) -> list[str]:
    return sorted({key for keys in subject.own.values() for key in keys})


def _owner(subject: Subject) -> Any:
    """Whether a key of an object that is written to is one of the person's own records."""
    known = registry.sources()

    def is_own(destination: str, object_name: str, key: str) -> bool:
        source = known.get(destination)
        stream = source.stream_of(object_name) if source else None
        # Members of a list, and what hangs on a record, are known by the record's id.
        places = [
            keys
            for (vendor, name), keys in subject.own.items()
            if vendor == destination and (stream is None or stream.name == name)
        ]
        return any(key in keys for keys in places)

    return is_own


def _in_tools(subject: Subject, sent: Sequence[Entries]) -> list[Step]:
    """What is to be deleted in tools: the person's records there, and what we wrote about them."""
    wanted: dict[tuple[str, str], set[str]] = {
        place: set(keys) for place, keys in subject.own.items()
    }
    steps: list[Step] = []
    for one in sent:
        if _is_covered(one, subject):
            continue
        stream = _stream(one)
        if stream is not None and one.tool_ids:
            wanted.setdefault((one.destination, stream), set()).update(one.tool_ids)
        else:
            steps.append(_withdrawn(one))
    records = [_in_tool(*place, sorted(ids)) for place, ids in sorted(wanted.items())]
    remains = [
        Step("manual", f"{name}: what remains", 1, status="manual", said=tools()[name].remains)
        for name in sorted({vendor for vendor, _ in wanted})
        if name in tools() and tools()[name].remains
    ]
    return [*steps, *records, *remains]


def _is_covered(sent: Entries, subject: Subject) -> bool:
    """Whether what was written goes with the record that it was written to."""
    source = registry.sources().get(sent.destination)
    stream = source.stream_of(sent.object) if source else None
    if stream is None or sent.destination not in tools():
        return False
    keys = subject.own.get((sent.destination, stream.name), ())
    return tools()[sent.destination].can(stream.name) and set(sent.keys) <= set(keys)


def _stream(sent: Entries) -> str | None:
    """The stream of what was made in a tool, where the tool can delete it by its id."""
    how = tools().get(sent.destination)
    found = [] if how is None else [s for s, name in how.objects.items() if name == sent.object]
    return found[0] if found else None


def _in_tool(vendor: str, stream: str, ids: Sequence[str]) -> Step:
    how = tools().get(vendor)
    if how is None or not how.can(stream):
        said = f"delete the person's {stream} there: {vendor} cannot be asked to"
        return Step("manual", f"{vendor} {stream}", len(ids), status="manual", said=said)
    told = {"tool": vendor, "stream": stream, "ids": list(ids)}
    return Step("tool", f"{vendor} {stream}", len(ids), told)


def _withdrawn(sent: Entries) -> Step:
    """What a sync wrote is taken away the way the sync would, where it can."""
    at = f"{sent.destination} {sent.object}, by {sent.sync}"
    known = syncs().get(sent.sync)
    able = kind_of(sent.destination).operations_of(sent.object) if known else frozenset()
    operation = next((one for one in _TAKES_AWAY if one in able), None)
    if known is None or operation is None:
        said = f"take away there what {sent.sync} wrote: it cannot be asked to"
        return Step("manual", at, len(sent.keys), status="manual", said=said)
    told = {"sync": sent.sync, "operation": operation, "keys": list(sent.keys)}
    return Step("sync", at, len(sent.keys), told)


def _table(held: HeldTable) -> Step:
    return Step("table", held.name, held.rows, {"held": asdict(held)})


def _ledger(sent: Entries) -> Step:
    return Step("ledger", f"ledger of {sent.sync}", len(sent.entry_ids), {"sent": asdict(sent)})


def _by_hand(subject: Subject, tables: Sequence[HeldTable]) -> list[Step]:
    """What nobody but a person can do, in words."""
    by_hand = [("backups", _BACKUPS)]
    named = {one.name: one.named for one in tables if one.named}
    if named:
        by_hand.append(
            (
                f"rows with the name alone: {', '.join(sorted(named))}",
                f"{sum(named.values())} rows: {_NAMED}",
            )
        )
    by_hand += _at_their_source(subject, tables)
    if subject.shared:
        by_hand.append(
            (
                "shared addresses and numbers",
                f"{len(subject.shared)} of them are other people's or a company's too, and stay",
            )
        )
    return [Step("manual", at, 1, status="manual", said=said) for at, said in by_hand]


def _at_their_source(subject: Subject, tables: Sequence[HeldTable]) -> Iterator[tuple[str, str]]:
    """Where what was landed still stands, of sources that hold no record of the person's own."""
    asked = {vendor for vendor, _ in subject.own}
    streams: dict[str, set[str]] = {}
    for one in tables:
        # What begins with an underscore is our own book-keeping of the streams.
        if one.rows and one.schema.startswith("raw_") and not one.table.startswith("_"):
            streams.setdefault(one.schema.removeprefix("raw_"), set()).add(one.table)
    for vendor, names in sorted(streams.items()):
        if vendor in {"events", "files"}:
            said = "the files that were read hold the person: delete their lines there"
            yield f"folder of {vendor}", said
        elif vendor not in asked:
            said = f"{', '.join(sorted(names))} there tell of the person: change or delete them"
            yield f"{vendor}: records of others", said


def told_as_json(plan: ErasurePlan) -> dict[str, Any]:
    """The plan as a program reads it; it names the person, as whoever confirms it must see."""
    document = {
        "digest": plan.digest,
        "person_id": plan.subject.person_id,
        "records": [dict(one) for one in plan.subject.records],
        "shared": list(plan.subject.shared),
        "open_syncs": list(plan.open_syncs),
        "steps": [
            {"kind": s.kind, "at": s.at, "found": s.found, "status": s.status, "said": s.said}
            for s in plan.steps
        ],
    }
    result: dict[str, Any] = json.loads(written(document))
    return result
