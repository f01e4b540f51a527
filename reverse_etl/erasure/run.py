"""Carries out an erasure step by step; one that was cut off goes on where it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from connectors.core import registry
from connectors.core.http import ToolClient
from connectors.core.source import Source, Tool
from reverse_etl.destinations.base import Destination, Row, Submitted
from reverse_etl.destinations.registry import account_of, destination_for
from reverse_etl.erasure.certificate import write_certificate
from reverse_etl.erasure.plan import ErasurePlan, entries_left
from reverse_etl.erasure.subject import Subject
from reverse_etl.forgetting.base import tools
from reverse_etl.jobs import ended
from reverse_etl.spec import sync
from warehouse.clock import Clock
from warehouse.connection import Session, Warehouse
from warehouse.erasing_state import (
    Entries,
    documents_of,
    forget_documents,
    forget_sent,
    is_forgotten,
    mirrored,
)
from warehouse.erasing_tables import Held, held_in, still_held, take_out
from warehouse.erasures import Erasure, Erasures, Step, StepStatus
from warehouse.errors import Misconfigured, RevopsError
from warehouse.needles import ERASED
from warehouse.rewriting import rewrite
from warehouse.state import StateStore
from warehouse.tombstones import Tombstones, digest_of

_INSIDE = ("table", "ledger")
_MIRRORS = ("sync_changes", "sync_rejects")
_READ_BACK = "read back: nothing of the person is left"
Ended = tuple[StepStatus, str]


@dataclass(frozen=True)
class Eraser:
    """What an erasure works with; `certificates` is the folder in which they are written."""

    warehouse: Warehouse
    state: StateStore
    tombstones: Tombstones
    clock: Clock
    open_tool: Callable[[Source], Tool]
    certificates: Path
    logs: Mapping[str, str]

    def begin(self, plan: ErasurePlan) -> str:
        """Write down what is to be done; the id of the erasure.

        Raises:
            Held: an earlier sync has rows of the person in doubt.
            Misconfigured: there is no key for tombstones.
        """
        plan.check()
        key = self.tombstones.key()
        at = self.clock.now()
        who = plan.subject.email or str(plan.subject.person_id)
        erasure_id = f"era_{hashlib.sha256(f'{plan.digest} {at}'.encode()).hexdigest()[:12]}"
        erasure = Erasure(
            erasure_id,
            plan.digest,
            digest_of(key, who),
            plan.subject.as_json(),
            "under_way",
            at,
        )
        Erasures(self.state).begin(erasure, plan.steps)
        return erasure_id

    def run(self, erasure_id: str, say: Callable[[Step], None] = lambda _: None) -> Erasure:
        """Take every step that is open, certify, and forget who it was if nothing has failed.

        A tool that does not answer stops only its own step: the same call takes it again later.

        Raises:
            Misconfigured: there is no such erasure.
            Unavailable: the warehouse or the state store cannot be used.
        """
        kept = Erasures(self.state)
        erasure = self._found(erasure_id)
        if erasure.subject is not None:
            self._take(erasure, Subject.of(erasure.subject), say)
            steps = kept.steps(erasure_id)
            write_certificate(self.certificates, erasure, steps, self.clock.now())
            if any(step.is_open for step in steps):
                return erasure
            kept.empty(erasure_id, self.clock.now())
        if erasure.status != "ended":
            self.state.compact()
            kept.end(erasure_id)
        return self._found(erasure_id)

    def _found(self, erasure_id: str) -> Erasure:
        found = Erasures(self.state).find(erasure_id)
        if found is None:
            raise Misconfigured(
                f"There is no erasure {erasure_id!r}", advice="`revops erase --list` names them"
            )
        return found

    def _take(self, erasure: Erasure, subject: Subject, say: Callable[[Step], None]) -> None:
        kept = Erasures(self.state)
        steps = [step for step in kept.steps(erasure.erasure_id) if step.is_open]
        for is_inside, some in groupby(steps, lambda step: step.kind in _INSIDE):
            # To open a large file for each of a hundred tables takes longer than to clean them.
            with self.warehouse.open("erasing a person") if is_inside else nullcontext():
                for step in some:
                    status, said = self._taken(erasure.erasure_id, step, subject)
                    done = replace(step, status=status, said=said)
                    kept.close(erasure.erasure_id, done, self.clock.now())
                    say(done)

    def _taken(self, erasure_id: str, step: Step, subject: Subject) -> Ended:
        how: Mapping[str, Callable[[Mapping[str, Any], Subject], Ended]] = {
            "tombstones": lambda _, of: self._bury(erasure_id, of),
            "tool": self._in_tool,
            "sync": self._by_sync,
            "table": self._in_table,
            "ledger": self._in_ledger,
            "document": self._in_documents,
            "file": self._file,
            "rewrite": self._rewrite,
            "check": self._check,
        }
        try:
            return how[step.kind](step.told, subject)
        except RevopsError as error:
            # A tool's own words may name whom they are about.
            told = {str(one) for one in (*step.told.get("ids", ()), *step.told.get("keys", ()))}
            said = subject.needles.masked(error.message)
            for one in sorted(told, key=len, reverse=True):
                said = said.replace(one, ERASED)
            return "failed", said

    def _bury(self, erasure_id: str, subject: Subject) -> Ended:
        """Before anything else: what is deleted must not come in again by the other door."""
        kept = self.tombstones.add(subject.must_not_return, erasure_id, self.clock.now())
        return "done", f"{kept} keyed hashes are kept, and no address"

    def _in_documents(self, told: Mapping[str, Any], subject: Subject) -> Ended:
        forget_documents(self.state, told["table"], subject.needles)
        return _ended(documents_of(self.state, subject.needles).get(told["table"], 0))

    def _file(self, told: Mapping[str, Any], _: Subject) -> Ended:
        Path(told["path"]).unlink(missing_ok=True)
        return "done", "the file is not there any more"

    def _rewrite(self, _: Mapping[str, Any], __: Subject) -> Ended:
        rewrite(self.warehouse)
        return "done", "written anew: its free room holds nothing"

    def _in_tool(self, told: Mapping[str, Any], _: Subject) -> Ended:
        """Delete records in a tool, and ask it for them again."""
        how, ids = tools()[told["tool"]], told["ids"]
        name = how.objects[told["stream"]]
        with self.open_tool(registry.source(told["tool"])) as tool:
            client = cast("ToolClient", tool)
            how.forget(client, name, ids)
            left = how.held(client, name, ids)
        if left:
            return "failed", f"{len(left)} of {len(ids)} records are still shown"
        return "done", f"asked again: none of {len(ids)} records is shown"

    def _by_sync(self, told: Mapping[str, Any], _: Subject) -> Ended:
        """Take away what a sync wrote, the way the sync does, and read it back where one can."""
        spec = sync(told["sync"])
        with self.open_tool(account_of(spec.destination)) as tool:
            destination = destination_for(spec, tool)
            refused = _taken_away(destination, told["operation"], told["keys"])
            if refused:
                return "failed", f"the tool refused: {refused[0]}"
            if not destination.is_readable:
                return "unverified", "the tool has taken it, and cannot be asked what it holds"
            fields = [one.field for one in spec.fields]
            left = destination.read(told["keys"], fields)
        if left:
            return "failed", f"{len(left)} of {len(told['keys'])} records are still there"
        return "done", f"asked again: none of {len(told['keys'])} records is there"

    def _in_table(self, told: Mapping[str, Any], subject: Subject) -> Ended:
        held = Held(**told["held"])
        with self.warehouse.open(f"erasing in {held.name}") as session:
            take_out(session, held, subject.needles, subject.own)
            return _ended(still_held(session, held, subject.needles, subject.own))

    def _in_ledger(self, told: Mapping[str, Any], subject: Subject) -> Ended:
        """Make the entries anonymous, in the ledger and in its mirrors."""
        sent = _entries(told["sent"])
        forget_sent(self.state, sent, subject.needles, self.tombstones.key())
        rows = mirrored(self.state, sent.entry_ids)
        with self.warehouse.open("mirroring an erasure") as session:
            for table in _MIRRORS:
                _mirror(session, table, rows)
        return _ended(0 if is_forgotten(self.state, sent, subject.needles) else 1)

    def _check(self, _: Mapping[str, Any], subject: Subject) -> Ended:
        """Look through everything once more."""
        with self.warehouse.open("looking for an erased person") as session:
            found = held_in(session, subject.needles, subject.own, self.logs)
        left = [one.name for one in found if one.rows]
        left += [f"state store: {one}" for one in documents_of(self.state, subject.needles)]
        left += [f"ledger of {one.sync}" for one in entries_left(self.state, subject)]
        if left:
            return "failed", f"the person is still, or again, in {', '.join(left)}: plan it again"
        return "done", "every table of both stores was searched: nothing of the person is left"


def _ended(left: int) -> Ended:
    return ("failed", f"{left} rows still hold the person") if left else ("done", _READ_BACK)


def _entries(told: Mapping[str, Any]) -> Entries:
    lists = ("entry_ids", "keys", "tool_ids")
    return Entries(**dict(told) | {name: tuple(told[name]) for name in lists})


def _taken_away(destination: Destination, operation: Any, keys: Sequence[str]) -> list[str]:
    """Take records away; what the tool says against it."""
    refused: list[str] = []
    for start in range(0, len(keys), destination.batch_size):
        batch = keys[start : start + destination.batch_size]
        rows = [Row(key, {}, str(place)) for place, key in enumerate(batch)]
        answer = destination.write(operation, rows)
        if isinstance(answer, Submitted):
            named = None if answer.begin is None else answer.begin()
            answer = ended(destination, named or answer.handle, rows)
        told = {one.trace: one for one in answer}
        for row in rows:
            one = told.get(row.trace)
            if one is None:
                refused.append("it said nothing of a record")
            elif one.outcome == "rejected":
                refused.append(one.reason or "no reason given")
    return refused


def _mirror(session: Session, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    known = {
        row["column_name"]
        for row in session.rows(
            "select column_name from duckdb_columns() where schema_name = 'ops'"
            " and table_name = $table",
            {"table": table},
        )
    }
    names = [one for one in ("key", "fields", "before", "reason") if one in known]
    if not names or not rows:
        return
    columns = {name: [row[name] for row in rows] for name in ("entry_id", *names)}
    types = {name: "integer" if name == "entry_id" else "text" for name in columns}
    with session.table("anonymous", columns, types):  # type: ignore[arg-type]
        session.execute(
            f"update ops.{table} as mirror set"
            + ", ".join(f" {name} = anonymous.{name}" for name in names)
            + " from anonymous where mirror.entry_id = anonymous.entry_id"
        )
