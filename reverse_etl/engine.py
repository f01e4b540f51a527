"""Carries out a plan: write ahead, send, settle; every row ends in exactly one outcome."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from reverse_etl.ahead import PIECE, written_ahead
from reverse_etl.destinations.base import Destination, Row, RowOutcome, Submitted
from reverse_etl.guards import Guards, too_many_rejected
from reverse_etl.jobs import ended
from reverse_etl.plan import Plan
from reverse_etl.readback import arrived
from reverse_etl.recovery import Recovery, as_rows, recover, settlements
from warehouse.clock import Clock
from warehouse.deliveries import (
    Deliveries,
    Entry,
    ErrorClass,
    Operation,
    Settlement,
)
from warehouse.errors import Held, Misconfigured, Refused, RevopsError, Unavailable
from warehouse.json_text import written

Progress = Callable[[int], None]
Answer = list[RowOutcome] | Submitted

# 423 Locked, 425 Too Early (RFC 4918 11.3, RFC 8470 5.2): the same request may be taken later.
_LOCKED = {423, 425}


@dataclass
class Delivery:
    """What happened to the rows of a plan: outcome -> how many, and the rejected ones.

    `stopped_by` is the error that ended it early, and `exit_code` what that error stands for.
    `is_behind` says that the ledger could not be told how every row ended.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    rejected: list[dict[str, str | None]] = field(default_factory=list)
    stopped_by: str | None = None
    exit_code: int = 0
    is_behind: bool = False

    def count(self, settlements: Sequence[Settlement]) -> None:
        self.outcomes.update(one.outcome for one in settlements)
        self.rejected += [
            {"key": one.entry.key, "reason": one.reason, "error": one.error}
            for one in settlements
            if one.outcome == "rejected"
        ]

    def as_json(self) -> dict[str, Any]:
        return {
            "outcomes": dict(self.outcomes),
            "rejected": self.rejected,
            "stopped_by": self.stopped_by,
        }


class Engine:
    """Delivers to one destination on behalf of one sync; `piece` rows are written ahead at once."""

    def __init__(
        self,
        sync: str,
        destination: Destination,
        deliveries: Deliveries,
        clock: Clock,
        *,
        piece: int = PIECE,
    ) -> None:
        self._sync = sync
        self._piece = piece
        self._destination = destination
        self._deliveries = deliveries
        self._clock = clock

    def recover(self) -> Recovery:
        """Settle what a killed or cut-off run left open; raises as `recovery.recover`."""
        return recover(self._sync, self._destination, self._deliveries, self._clock)

    def apply(
        self,
        plan: Plan,
        run_id: str,
        progress: Progress = lambda _: None,
        *,
        guards: Guards = Guards(),  # noqa: B008 - it does not change
    ) -> Delivery:
        """Send every change of the plan, as far as the tool answers and the guards let it.

        Raises:
            Held: the gate or a guard says no to the plan; nothing has been sent.
        """
        if plan.is_held:
            raise Held(f"The plan of {plan.sync!r} is held: {'; '.join(plan.held_by)}")
        pieces = written_ahead(self._deliveries, plan, run_id, self._now, piece=self._piece)
        return self._send(pieces, plan.of_each, progress, guards)

    def send(self, entries: Sequence[Entry]) -> Delivery:
        """Send what is in the ledger, as far as the tool answers."""
        of_each = Counter(entry.operation for entry in entries)
        return self._send(iter([entries]), of_each, lambda _: None, Guards())

    def _send(
        self,
        pieces: Iterator[Sequence[Entry]],
        of_each: Counter[Operation],
        progress: Progress,
        guards: Guards,
    ) -> Delivery:
        delivery = Delivery()
        watch = _Watch(guards, of_each.total())
        try:
            canary, pieces = _split(pieces, guards.canary or 0)
            of_canary = Counter(entry.operation for entry in canary)
            for part, of_part in ((iter([canary]), of_canary), (pieces, of_each - of_canary)):
                with closing(self._deliver(self._batches(part, of_part), delivery)) as sending:
                    for settled in sending:
                        progress(settled)
                        watch.check(settled, delivery)
                if part is not pieces:
                    self._check_canary(canary, delivery)
        except (Unavailable, Misconfigured, Held) as error:
            delivery.stopped_by, delivery.exit_code = str(error), error.exit_code
            # The ledger is to have the plan whole: what was to be sent can be told then.
            deque(pieces, maxlen=0)
            # What the ledger has in flight may then have arrived: the next run asks the tool.
            if not delivery.is_behind:
                self._close_unsent(delivery)
        return delivery

    def _check_canary(self, canary: Sequence[Entry], delivery: Delivery) -> None:
        """Read back what was sent first.

        Raises:
            Held: a record does not hold what it was sent, or the tool took none of them.
        """
        rejected = {one["key"] for one in delivery.rejected}
        taken = [entry for entry in canary if entry.key not in rejected]
        if canary and not taken:
            raise Held(f"the canary does not hold: all of its {len(canary)} rows were rejected")
        lost = [one.key for one, is_there in arrived(self._destination, taken) if not is_there]
        if lost:
            raise Held(
                f"the canary does not hold: {len(lost)} of its {len(canary)} records do not"
                f" hold what they were sent, such as {lost[0]}",
                advice="look at that record in the tool; the other rows were not sent",
            )

    def _deliver(self, batches: Iterator[Sequence[Entry]], delivery: Delivery) -> Generator[int]:
        """Send batches, as many at a time as the tool bears; the rows of each that is settled.

        A batch that is refused whole is halved until the bad rows stand alone. Requests are made
        by other threads, all that the ledger says by this one. Whatever ends it, what is under way
        is waited for and settled.

        Raises:
            Unavailable: the tool stopped answering; Misconfigured: it does not let us in.
        """
        lanes = _lanes(self._destination.at_once)
        under_way: dict[Future[Answer], _Batch] = {}
        answered: Collection[Future[Answer]] = ()
        halves: deque[_Batch] = deque()
        said: list[Settlement] = []
        try:
            while True:
                for future in answered:
                    batch = under_way.pop(future)
                    told, parts, error = self._told(batch, future)
                    said += told
                    delivery.count(told)
                    if error is not None:
                        raise error
                    halves.extendleft(reversed(parts))
                    if not parts and batch.is_last():
                        yield batch.rows
                begun: list[tuple[_Batch, Sequence[Row]]] = []
                while len(under_way) + len(begun) < self._destination.at_once:
                    batch = halves.popleft() if halves else _Batch.whole(next(batches, ()))
                    if not batch.entries:
                        break
                    begun.append((batch, as_rows(batch.entries)))
                self._note(said, begun)
                for batch, rows in begun:
                    operation = batch.entries[0].operation
                    under_way[lanes.submit(self._destination.write, operation, rows)] = batch
                if not under_way:
                    return
                answered = wait(under_way, return_when=FIRST_COMPLETED).done
        finally:
            # With a kill, too, nothing may go on writing behind our back.
            lanes.shutdown(wait=True, cancel_futures=True)
            delivery.is_behind = True
            self._note(said, ())
            self._drain(under_way, delivery)
            delivery.is_behind = False

    def _note(self, said: list[Settlement], begun: Sequence[tuple[_Batch, Sequence[Row]]]) -> None:
        """Note durably, at once, how rows ended and which ones are about to be sent."""
        sending = [(batch.entries, _hash(rows)) for batch, rows in begun]
        self._deliveries.turn(self._sync, said, sending, self._now())
        said.clear()

    def _told(
        self, batch: _Batch, answer: Future[Answer]
    ) -> tuple[list[Settlement], Sequence[_Batch], RevopsError | None]:
        """How the rows of a batch ended, the halves of one that was refused whole, and an error.

        After the error, which the tool has with more than this batch, nothing more is sent.
        """
        entries = batch.entries
        try:
            outcomes = answer.result()
            if isinstance(outcomes, Submitted):
                outcomes = self._by_job(entries, as_rows(entries), outcomes)
        except Refused as refusal:
            if len(entries) > 1:
                return [], batch.halves(), None
            error = _class_of(refusal)
            return [Settlement(entries[0], "rejected", reason=refusal.body, error=error)], (), None
        except Unavailable as error:
            unknown = [Settlement(one, "unknown", reason=str(error)) for one in entries]
            return unknown, (), error
        except Misconfigured as error:
            return [], (), error
        return settlements(entries, outcomes), (), None

    def _drain(self, under_way: Mapping[Future[Answer], _Batch], delivery: Delivery) -> None:
        """Settle what was under way at the end; a batch not settled here had no effect."""
        for answer, batch in under_way.items():
            if not answer.cancelled():
                self._settle(self._told(batch, answer)[0], delivery)

    def _by_job(
        self, batch: Sequence[Entry], rows: Sequence[Row], job: Submitted
    ) -> list[RowOutcome]:
        """Keep the handle, let the job begin, and wait for what it tells.

        Raises:
            Refused: the tool did not let it begin.
            Unavailable: it is not known what the job has done, or will do.
        """
        self._deliveries.mark_submitted(batch, job.handle)
        named = None if job.begin is None else job.begin()
        if named is not None:
            self._deliveries.mark_submitted(batch, named)
        handle = named or job.handle
        try:
            return ended(self._destination, handle, rows)
        except (Refused, Misconfigured) as error:
            # The job has the batch: what is refused is to tell of it.
            raise Unavailable(
                f"It is not told what became of the job {handle}: {error}",
                advice="run the sync again: it asks for the job before anything else",
            ) from error

    def _settle(self, settlements: Sequence[Settlement], delivery: Delivery) -> None:
        self._deliveries.settle(self._sync, settlements, self._now())
        delivery.count(settlements)

    def _close_unsent(self, delivery: Delivery) -> None:
        """Account for what a stopped run leaves: what it did not reach, and what had no effect.

        A row still in flight here was refused with its batch or with the credential; a row whose
        effect is not known has been settled as that.
        """
        left = self._deliveries.unsettled(self._sync)
        without_effect = [entry for entry in left if entry.outcome == "in_flight"]
        self._deliveries.abandon(without_effect, "not written: the run was stopped", self._now())
        delivery.outcomes["abandoned"] += len(without_effect)
        delivery.outcomes["planned"] += sum(entry.outcome == "planned" for entry in left)
        delivery.outcomes = +delivery.outcomes

    def _batches(
        self, pieces: Iterator[Sequence[Entry]], of_each: Mapping[Operation, int]
    ) -> Iterator[Sequence[Entry]]:
        """Entries of one operation at a time: a request can ask for one only.

        `of_each` tells how many of each operation there are in all pieces together.
        """
        size = {each: self._destination.batch_of(each, many) for each, many in of_each.items()}
        left = dict(of_each)
        waiting: dict[Operation, list[Entry]] = {each: [] for each in of_each}
        for piece in pieces:
            for entry in piece:
                waiting[entry.operation].append(entry)
            for each, alike in waiting.items():
                # What cannot become a whole batch any more goes as it is.
                while alike and len(alike) >= min(size[each], left[each]):
                    yield alike[: size[each]]
                    left[each] -= len(alike[: size[each]])
                    del alike[: size[each]]

    def _now(self) -> Any:
        return self._clock.now()


@dataclass
class _Batch:
    """Rows that go together, of a whole of which so many pieces are left."""

    entries: Sequence[Entry]
    rows: int
    left: list[int]

    @classmethod
    def whole(cls, entries: Sequence[Entry]) -> _Batch:
        return cls(entries, len(entries), [len(entries)])

    def halves(self) -> tuple[_Batch, _Batch]:
        middle = len(self.entries) // 2
        first, second = self.entries[:middle], self.entries[middle:]
        return _Batch(first, self.rows, self.left), _Batch(second, self.rows, self.left)

    def is_last(self) -> bool:
        """Count it as settled; whether all of the whole are."""
        self.left[0] -= len(self.entries)
        return self.left[0] == 0


class _OneLane(Executor):
    """Makes each request at once, by the thread that asks for it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except RevopsError as error:
            future.set_exception(error)
        return future


def _lanes(at_once: int) -> Executor:
    if at_once == 1:
        return _OneLane()
    return ThreadPoolExecutor(at_once, thread_name_prefix="delivery")


@dataclass
class _Watch:
    """Looks at the rejected rows of a running delivery."""

    guards: Guards
    planned: int
    sent: int = 0

    def check(self, sent: int, delivery: Delivery) -> None:
        """Count what was sent.

        Raises:
            Held: the tool has rejected more of it than it may.
        """
        self.sent += sent
        said = too_many_rejected(self.guards, len(delivery.rejected), self.sent, self.planned)
        if said is not None:
            raise Held(said)


def _split(
    pieces: Iterator[Sequence[Entry]], many: int
) -> tuple[Sequence[Entry], Iterator[Sequence[Entry]]]:
    """The first so many entries, and pieces of all that come after them."""
    first: list[Entry] = []
    while len(first) < many and (piece := next(pieces, None)) is not None:
        first += piece
    return first[:many], chain([first[many:]], pieces)


def check_fields(sync: str, destination: Destination, fields: Sequence[str]) -> None:
    """Ask a tool whether fields can be written.

    Raises:
        Misconfigured: one or more cannot.
    """
    faults = destination.faults(fields)
    if faults:
        raise Misconfigured(f"The sync {sync!r} cannot run: {'; '.join(faults)}")


def _class_of(refusal: Refused) -> ErrorClass:
    """A record that somebody else holds for the moment is not refused for good."""
    return "transient" if refusal.status in _LOCKED else "permanent"


def _hash(rows: Sequence[Row]) -> str:
    body = written([[row.key, row.fields] for row in rows])
    return hashlib.sha256(body.encode()).hexdigest()[:16]
