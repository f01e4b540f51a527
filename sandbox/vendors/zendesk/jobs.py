"""Zendesk's batches: many records in one request, done by a job whose outcome is asked for."""

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.instants import SandboxClock
from sandbox.store import Record, Table
from sandbox.vendor import Handler, json_response
from sandbox.vendors.zendesk.errors import invalid, not_found, refusal
from sandbox.vendors.zendesk.paging import behind, listing
from sandbox.vendors.zendesk.ticket_writes import TicketWriter, fault_of

MOST = 100
# Jobs that wait or are worked on, of one account.
MOST_JOBS = 30
_KINDS = "<any(organizations, users, tickets):kind>"
_FIELDS = {"organizations": "organization_fields", "users": "user_fields"}
_SINGULAR = {"organizations": "Organization", "users": "User", "tickets": "Ticket"}
_OWN = {
    "organizations": {"name", "details", "notes", "external_id", "domain_names", "tags"},
    "users": {"name", "email", "phone", "external_id", "details", "notes", "tags"},
}
Commit = Callable[[list[tuple[str, Record]]], None]
Shown = Callable[[Record, Request], Record]


class Jobs:
    """What a job does is done when it is asked for; it says so when it is looked at again."""

    def __init__(
        self,
        tables: dict[str, Table],
        clock: SandboxClock,
        commit: Commit,
        stamped: Callable[..., Record],
        shown: Shown,
    ) -> None:
        self._tables = tables
        self._clock = clock
        self._commit = commit
        self._stamped = stamped
        self._shown = shown
        self._tickets = TicketWriter(tables, clock, stamped)
        self.found: dict[str, Record] = {}
        self._seen: set[str] = set()

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        paths: tuple[tuple[str, str, Handler], ...] = (
            ("PUT", f"/api/v2/{_KINDS}/update_many", self.update_many),
            ("POST", "/api/v2/users/create_or_update_many", self.create_or_update_many),
            ("GET", f"/api/v2/{_KINDS}/show_many", self.show_many),
            ("GET", "/api/v2/job_statuses", self.list_jobs),
            ("GET", "/api/v2/job_statuses/<string:job_id>", self.show),
        )
        return [
            (method, f"{path}{ending}", handler)
            for method, path, handler in paths
            for ending in ("", ".json")
        ]

    def update_many(self, request: Request, kind: str) -> Response:
        return self._begun(kind, request, self._updated)

    def create_or_update_many(self, request: Request) -> Response:
        return self._begun("users", request, self._created_or_updated)

    def show_many(self, request: Request, kind: str) -> Response:
        # Tickets can be asked for by their own ids only.
        by_ours = "external_ids" in request.args and kind != "tickets"
        name = "external_ids" if by_ours else "ids"
        wanted = [one for one in request.args.get(name, "").split(",") if one]
        if not wanted or len(wanted) > MOST:
            raise invalid(f"{name} must be 1 to {MOST} of them")
        found = self._by_external_id(kind) if name == "external_ids" else None
        rows = [
            self._tables[kind].get(one) if found is None else found.get(one.casefold())
            for one in wanted
        ]
        living = [self._shown(one, request) for one in rows if one is not None and _is_living(one)]
        return json_response({kind: living, "count": len(living)})

    def list_jobs(self, request: Request) -> Response:
        shown = [self._looked_at(job) for job in self.found.values()]
        return json_response(listing(request, "job_statuses", behind(shown)))

    def show(self, request: Request, job_id: str) -> Response:  # noqa: ARG002  # a handler
        job = self.found.get(job_id)
        if job is None:
            raise not_found()
        return json_response({"job_status": self._looked_at(job)})

    def _looked_at(self, job: Record) -> Record:
        is_done = job["id"] in self._seen
        self._seen.add(job["id"])
        return job if is_done else {**job, "status": "working", "progress": 0, "results": None}

    def _begun(self, kind: str, request: Request, do: Callable[[str, Record], Record]) -> Response:
        rows = (request.get_json(silent=True) or {}).get(kind)
        if not isinstance(rows, list) or not rows or not all(isinstance(r, dict) for r in rows):
            raise invalid(f"{kind} must be a list of records")
        if len(rows) > MOST:
            raise invalid(f"{kind} takes {MOST} records at most")
        if len(self.found) - len(self._seen) >= MOST_JOBS:
            raise refusal(429, "TooManyJobs", "Too many jobs are waiting or being worked on.")
        results = [{"index": index, **do(kind, row)} for index, row in enumerate(rows)]
        job_id = f"{len(self.found) + 1:032d}"
        self.found[job_id] = {
            "id": job_id,
            "url": f"https://sandbox.zendesk.com/api/v2/job_statuses/{job_id}.json",
            "total": len(rows),
            "progress": len(rows),
            "status": "completed",
            "message": f"Completed at {self._clock.now():%Y-%m-%d %H:%M:%S} UTC",
            "results": results,
        }
        queued = {**self.found[job_id], "status": "queued", "progress": None, "results": None}
        return json_response({"job_status": {**queued, "message": None}})

    def _updated(self, kind: str, row: Record) -> Record:
        record = self._tables[kind].get(str(row.get("id")))
        if record is None or not _is_living(record):
            return {"id": row.get("id"), "error": f"{_SINGULAR[kind]}NotFound", "details": "gone"}
        if kind == "tickets":
            written = self._tickets.write(record, row)
            if isinstance(written, str):
                return {"id": record["id"], "error": "RecordInvalid", "details": written}
            self._commit(written)
            return _told(record, "Updated", is_new=False)
        return self._written(kind, record, row, "Updated", is_new=False)

    def _created_or_updated(self, kind: str, row: Record) -> Record:
        external_id = row.get("external_id")
        if not external_id:
            return {"error": "RecordInvalid", "details": "external_id or email is needed"}
        record = self._by_external_id(kind).get(str(external_id).casefold())
        if record is not None:
            return self._written(kind, record, row, "Updated", is_new=False)
        if not row.get("name"):
            return {"error": "RecordInvalid", "details": "Name: is too short"}
        number = (self._tables[kind].highest_number() or 0) + 1
        made = {"id": number, "role": "end-user", "active": True, _FIELDS[kind]: {}}
        return self._written(kind, made, row, "Created", is_new=True)

    def _written(
        self, kind: str, record: Record, row: Record, status: str, *, is_new: bool
    ) -> Record:
        own = {name: value for name, value in row.items() if name in _OWN[kind]}
        custom = row.get(_FIELDS[kind]) or {}
        if fault := self._fault(kind, custom):
            return {"id": record["id"], "error": "RecordInvalid", "details": fault}
        known = self._custom_fields(kind)
        held = record.get(_FIELDS[kind]) or {}
        # What is no field of the account is passed over in silence.
        kept = {name: value for name, value in custom.items() if name in known}
        whole = {**record, **own, _FIELDS[kind]: {**held, **kept}}
        stamped = self._stamped(kind, whole, self._clock.now(), new=is_new)
        self._commit([(kind, stamped)])
        return _told(record, status, is_new=is_new)

    def _fault(self, kind: str, custom: Record) -> str | None:
        known = self._custom_fields(kind)
        faults = (
            fault_of(name, known[name], value) for name, value in custom.items() if name in known
        )
        return next((one for one in faults if one is not None), None)

    def _custom_fields(self, kind: str) -> dict[str, Record]:
        return {field["key"]: field for field in self._tables[_FIELDS[kind]] if field["active"]}

    def _by_external_id(self, kind: str) -> dict[str, Any]:
        """Zendesk compares them without case."""
        return {
            str(one["external_id"]).casefold(): one
            for one in self._tables[kind]
            if one.get("external_id") and _is_living(one)
        }


def _told(record: Record, status: str, *, is_new: bool) -> Record:
    action = "create" if is_new else "update"
    return {"id": record["id"], "action": action, "status": status, "success": True}


def _is_living(record: Record) -> bool:
    is_gone = "deleted_at" in record or record.get("status") == "deleted"
    return not is_gone and record.get("active") is not False
