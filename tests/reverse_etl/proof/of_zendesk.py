"""Zendesk's records, written by jobs whose outcome is asked for afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

import httpx

from reverse_etl.spec import FieldMapping, Identifier
from sandbox.app import Sandbox
from sandbox.vendors.zendesk.records import custom_field, organization, ticket
from tests.reverse_etl.bench import AS_OF
from tests.reverse_etl.proof.case import AnyWire, Case, Record, Result, named_sync, write_manifest
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script, Wire

# The number of a ticket that takes no change any more; no row of a schedule has it.
CLOSED = 100
_OPTIONS = [{"id": 1, "name": "At risk", "value": "churn_risk"}]
# Of every kind one, beside what the schedules write.
TICKET_FIELDS: list[Record] = [
    {"id": 360042, "type": "tagger", "title": "Churn", "custom_field_options": _OPTIONS},
    {"id": 360043, "type": "regexp", "title": "Contract", "regexp_for_validation": r"\AC-\d{4}\z"},
    {"id": 360044, "type": "date", "title": "Renewal"},
    {"id": 360045, "type": "checkbox", "title": "Called"},
    {"id": 360046, "type": "multiselect", "title": "Products", "custom_field_options": _OPTIONS},
    {"id": 360047, "type": "text", "title": "Old", "active": False},
    {"id": 360048, "type": "priority", "title": "Priority", "removable": False, "active": False},
    {"id": 360050, "type": "subject", "title": "Subject", "removable": False},
    {"id": 360049, "type": "text", "title": "From an app", "agent_can_edit": False},
]
_JOBS, _LATE = "/job_statuses/", "late_job"
_NEXT = {"queued": "working", "working": "completed"}


class _OfJobs(Wire):
    """A write is answered with a job, where what the script makes of its results is told.

    A job that is late is done when it is looked at for the second time, or after another write.
    """

    @property
    def _jobs(self) -> ZendeskOrganizations:
        return cast("ZendeskOrganizations", self._case)

    def _written(self, request: httpx.Request, fault: str | None) -> httpx.Response:
        if fault == _LATE and self._poison is None:
            name = f"late-{len(self._jobs.told) + 1}"
            self._jobs.told[name] = {"id": name, "status": "queued", "results": None}
            self._jobs.late[name] = request
            return httpx.Response(200, json={"job_status": self._jobs.told[name]})
        answer = super()._written(request, None if fault == _LATE else fault)
        for name in list(self._jobs.late):
            self._do(name)
        return answer

    def _do(self, name: str) -> None:
        request = self._jobs.late.pop(name)
        rows = self._jobs.rows(json.loads(request.content))
        answer = super()._forward(request, request.content)
        results = self._jobs.results(answer.json(), rows)
        self._jobs.told[name] = {"id": name, "status": "completed", "results": results}
        self._look()

    def _looked_at(self, name: str) -> Record:
        job = self._jobs.told[name]
        if name not in self._jobs.late:
            return job
        if job["status"] == "working":
            self._do(name)
        self._jobs.told[name] = {**self._jobs.told[name], "status": _NEXT[job["status"]]}
        return self._jobs.told[name]

    def _forward(self, request: httpx.Request, content: bytes) -> httpx.Response:
        path = request.url.path
        name = path.rpartition("/")[2].removesuffix(".json")
        if _JOBS in path and name in self._jobs.told:
            return httpx.Response(200, json={"job_status": self._looked_at(name)})
        if path.endswith("/job_statuses.json"):
            jobs = [self._looked_at(one) for one in list(self._jobs.told)]
            return httpx.Response(200, json={"job_statuses": jobs})
        return super()._forward(request, content)


class ZendeskOrganizations(Case):
    name = "zendesk organizations"
    may_create = False
    write_path = "/organizations/update_many.json"
    read_paths = ("/show_many.json",)
    settings: ClassVar[Mapping[str, str]] = {"email": "admin@acme.example", "token": "zd-proof"}
    broken: ClassVar[object] = {"error": "InternalError"}
    kind: ClassVar[str] = "organizations"
    custom: ClassVar[str] = "organization_fields"
    known_by: ClassVar[str] = "id"
    text: ClassVar[str] = "notes"
    faults: ClassVar[Sequence[str]] = (*Case.faults, _LATE)

    def __init__(self) -> None:
        # Jobs as the script tells of them, by id, and the whole of what the tool holds behind them.
        self.told: dict[str, Record] = {}
        self.late: dict[str, httpx.Request] = {}
        self._app: Any = None
        self._asked: list[str] = []
        own = None if self.known_by == "id" else self.known_by
        counter = f"{self.custom}.score"
        fields = (
            FieldMapping(column="account_tier", field=self.text),
            FieldMapping(column="account_score", field=counter),
        )
        self.spec = named_sync("hubspot_companies").model_copy(
            update={
                "name": self.name.replace(" ", "_"),
                "destination": "zendesk",
                "object": self.kind,
                "mode": "update_only" if own is None else "upsert",
                "identify_by": Identifier(column="account_id", field=own),
                "fields": fields,
            }
        )

    def set_up(self, folder: Path, rows: int) -> None:
        write_manifest(folder, "zendesk", self.settings, {"per_minute": 1_000_000})
        field = {"key": "score", "type": "integer", "title": "Score"}
        self._put(folder, self.custom, [custom_field(self.custom, 1, field, AS_OF)])
        self._put(folder, self.kind, [self._record(number) for number in range(rows)])

    def _put(self, folder: Path, kind: str, records: list[Record]) -> None:
        lines = "".join(json.dumps(one) + "\n" for one in records)
        (folder / "zendesk" / f"{kind}.ndjson").write_text(lines, "utf-8")

    def _record(self, number: int) -> Record:
        made = organization(
            number + 1,
            name=f"Organization {number}",
            domains=[],
            external_id=None,
            plan="trial",
            created=AS_OF,
            updated=AS_OF,
        )
        return {**made, "organization_fields": {}}

    def start(self, folder: Path) -> Any:
        self._app = super().start(folder)
        return self._app

    def wire(self, app: Any, steps: Steps, script: Script, look: Callable[[], None]) -> AnyWire:
        return _OfJobs(self, app, steps, script, look)

    def key(self, number: int) -> str:
        return str(number + 1)

    def key_of(self, row: Record) -> str:
        return str(row[self.known_by])

    def rows(self, body: Any) -> list[Record]:
        self._asked = [self.key_of(row) for row in body[self.kind]]
        return list(body[self.kind])

    def with_rows(self, body: Any, rows: list[Record]) -> Any:
        return body | {self.kind: rows}

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:
        found = self._app.vendors["zendesk"].jobs.found[answer["job_status"]["id"]]["results"]
        assert len(found) == len(rows)
        # Where a row was left out of the request, those behind it stood one place before.
        return [
            {**one, "index": self._asked.index(self.key_of(row))}
            for one, row in zip(found, rows, strict=True)
        ]

    def composed(self, results: list[Result]) -> Any:
        name = f"told-{len(self.told) + 1}"
        # A job that does not tell of all its rows was cut off.
        status = "completed" if len(results) == len(self._asked) else "killed"
        self.told[name] = {"id": name, "status": status, "results": results}
        return {"job_status": {"id": name, "status": "queued", "results": None}}

    def rejection(self, row: Record, *, transient: bool) -> Result:
        error = "DatabaseConflict" if transient else "RecordInvalid"
        place = self._asked.index(self.key_of(row))
        return {"index": place, "error": error, "details": "by the script"}

    def refusal(self) -> tuple[int, Any]:
        return 422, {"error": "RecordInvalid", "description": "by the script"}

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        found = map(json.loads, app.records("zendesk", self.kind).splitlines())
        counter = self.fields[1]
        return [
            (str(one[self.known_by]), str(one["id"]), one | {counter: one[self.custom]["score"]})
            for one in found
            if "score" in one[self.custom]
        ]


class ZendeskUsers(ZendeskOrganizations):
    name = "zendesk users"
    is_slow = True
    may_create = True
    folds_keys = True
    write_path = "/users/create_or_update_many.json"
    kind = "users"
    custom = "user_fields"
    known_by = "external_id"
    text = "name"

    def set_up(self, folder: Path, rows: int) -> None:  # noqa: ARG002 - all are made
        super().set_up(folder, 0)

    def key(self, number: int) -> str:
        return f"CRM {number}"


class ZendeskTickets(ZendeskOrganizations):
    """Fields of the account are known by number, and a number in one is told as text."""

    name = "zendesk tickets"
    is_slow = True
    write_path = "/tickets/update_many.json"
    kind = "tickets"
    custom = "custom_fields"
    text = "subject"
    counter: ClassVar[str] = "custom_fields.360041"

    def __init__(self) -> None:
        super().__init__()
        mapped = FieldMapping(column="account_score", field=self.counter)
        self.spec = self.spec.model_copy(update={"fields": (self.spec.fields[0], mapped)})

    def set_up(self, folder: Path, rows: int) -> None:
        write_manifest(folder, "zendesk", self.settings, {"per_minute": 1_000_000})
        fields: list[Record] = [
            {"id": 360041, "type": "integer", "title": "Score"},
            *TICKET_FIELDS,
        ]
        made = [
            custom_field("ticket_fields", one["id"], {"removable": True, **one}, AS_OF)
            for one in fields
        ]
        self._put(folder, "ticket_fields", made)
        self._put(folder, self.kind, [self._record(number) for number in range(rows)])

    def _record(self, number: int) -> Record:
        fields: Record = {
            "subject": None,
            "status": "closed" if number == CLOSED else "open",
            "priority": None,
            "type": "question",
            "tags": [],
            "requester_id": 1,
            "assignee_id": None,
        }
        return ticket(number + 1, fields, AS_OF, AS_OF)

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        tickets = map(json.loads, app.records("zendesk", "tickets").splitlines())
        known = {str(one["id"]): one for one in tickets}
        details = map(json.loads, app.records("zendesk", "ticket_details").splitlines())
        return [
            (str(one["id"]), str(one["id"]), known[str(one["id"])] | self._by_name(one))
            for one in details
        ]

    def _by_name(self, details: Record) -> Record:
        return {f"{self.custom}.{one['id']}": one["value"] for one in details["custom_fields"]}


CASES = (ZendeskOrganizations, ZendeskUsers, ZendeskTickets)
