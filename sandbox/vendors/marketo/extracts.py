"""Bulk extracts over HTTP: what is asked for becomes a job, and a job a file."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from sandbox.instants import parse_instant, zendesk_instant
from sandbox.store import Record
from sandbox.vendor import Handler
from sandbox.vendors.marketo.errors import REFUSALS, refusal, success
from sandbox.vendors.marketo.exports import BYTES_PER_DAY, Job, Queue
from sandbox.vendors.marketo.fields import LEAD_FIELD_NAMES, MEMBER_FIELD_NAMES
from sandbox.vendors.marketo.records import change_as_activity

if TYPE_CHECKING:
    from sandbox.vendors.marketo.api import Marketo

LONGEST_RANGE = timedelta(days=31)
MAX_PROGRAMS = 10
_ACTIVITY_COLUMNS = (
    "marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId",
    "primaryAttributeValueId", "primaryAttributeValue", "attributes",
)  # fmt: skip


class Extracts:
    """The bulk endpoints of one subscription; `spoilt` is what goes wrong with the next status."""

    def __init__(self, owner: "Marketo") -> None:
        self._owner = owner
        self.spoilt = ""

    @cached_property
    def queue(self) -> Queue:
        quota = self._owner.limits.get("export_bytes_per_day", BYTES_PER_DAY)
        return Queue(self._owner.clock.now, quota)

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        yield from self._routes("/bulk/v1/<any(leads, activities):kind>/export", {})
        yield from self._routes("/bulk/v1/program/members/export", {"kind": "members"})

    def _routes(self, path: str, known: Record) -> list[tuple[str, str, Handler]]:
        def bound(handler: Handler) -> Handler:
            return lambda request, **arguments: handler(request, **(known | arguments))

        return [
            ("GET", f"{path}.json", bound(self.list_exports)),
            ("POST", f"{path}/create.json", bound(self.create_export)),
            ("POST", f"{path}/<record_id>/enqueue.json", bound(self.enqueue_export)),
            ("GET", f"{path}/<record_id>/status.json", bound(self.show_export)),
            ("GET", f"{path}/<record_id>/file.json", bound(self.give_file)),
        ]

    def create_export(self, request: Request, kind: str) -> Response:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise refusal(609, "Invalid JSON")
        wanted = body.get("filter") or {}
        columns, rows = self._defined(kind, wanted, body.get("fields"))
        number = len(self.queue.jobs) + 1
        export_id = f"{number:08x}-f19d-4ce2-882c-{0:012x}"
        times = {"createdAt": self._owner.clock.now()}
        return success([self.queue.create(Job(export_id, kind, columns, rows, times)).shown()])

    def _defined(self, kind: str, wanted: Record, fields: Any) -> tuple[list[str], Any]:
        if kind == "members":
            return self._members(wanted, fields)
        names = [name for name in ("createdAt", "updatedAt") if name in wanted]
        if len(names) != 1 or (kind == "activities" and names != ["createdAt"]):
            raise refusal(1003, "Exactly one date filter is needed")
        if names == ["updatedAt"] and not self._owner.limits.get("updated_at_filter", 1):
            raise refusal(*REFUSALS["filter_unsupported"])
        start, end = self._range(wanted[names[0]])
        if kind == "activities":
            kinds = set(wanted.get("activityTypeIds") or [])
            columns = _columns(fields or _ACTIVITY_COLUMNS, _ACTIVITY_COLUMNS)
            return columns, lambda: self._extracted_log(start, end, kinds)
        stamp = {"createdAt": "createdAt", "updatedAt": "changedAt"}[names[0]]
        return _columns(fields, LEAD_FIELD_NAMES), lambda: [
            one for one in self._owner.live("leads") if start <= one[stamp] <= end
        ]

    def _range(self, dates: Record) -> tuple[str, str]:
        try:
            start, end = (parse_instant(dates[name]) for name in ("startAt", "endAt"))
        except (KeyError, TypeError, ValueError) as error:
            raise refusal(1003, "Invalid date range") from error
        if not start <= end <= start + LONGEST_RANGE:
            raise refusal(1003, "The date range may span 31 days at most")
        return zendesk_instant(start), zendesk_instant(end)

    def _extracted_log(self, start: str, end: str, kinds: set[int]) -> list[Record]:
        lines = [
            change_as_activity(line) for at, _, line in self._owner.log() if start <= at <= end
        ]
        return [
            {**one, "attributes": {a["name"]: a["value"] for a in one["attributes"]}}
            for one in lines
            if not kinds or one["activityTypeId"] in kinds
        ]

    def _members(self, wanted: Record, fields: Any) -> tuple[list[str], Any]:
        ids = wanted.get("programIds") or [wanted.get("programId")]
        if not 1 <= len(ids) <= MAX_PROGRAMS or None in ids:
            raise refusal(1003, "One to ten programIds are needed")
        columns = ["programId", *_columns(fields, MEMBER_FIELD_NAMES)]
        live = {one["id"] for one in self._owner.live("leads")}
        return columns, lambda: [
            one
            for one in self._owner.live("program_members")
            if one["programId"] in ids and one["leadId"] in live
        ]

    def list_exports(self, request: Request, kind: str) -> Response:  # noqa: ARG002
        return success([job.shown() for job in self.queue.jobs.values() if job.kind == kind])

    def enqueue_export(self, request: Request, kind: str, record_id: str) -> Response:  # noqa: ARG002
        return success([self.queue.enqueue(self.queue.find(kind, record_id)).shown()])

    def show_export(self, request: Request, kind: str, record_id: str) -> Response:  # noqa: ARG002
        job = self.queue.find(kind, record_id)
        self.queue.work()
        shown, spoilt, self.spoilt = job.shown(), self.spoilt, ""
        if spoilt == "failed_export":
            job.status = "Failed"
            shown = {**job.shown(), "errorMsg": "The job failed"}
        if spoilt == "wrong_checksum" and "fileChecksum" in shown:
            shown["fileChecksum"] = f"sha256:{'0' * 64}"
        return success([shown])

    def give_file(self, request: Request, kind: str, record_id: str) -> Response:
        data = self.queue.file(kind, record_id)
        if data is None:
            return Response("The file is not there", status=404, content_type="text/plain")
        asked = request.range.range_for_length(len(data)) if request.range else None
        if asked is None:
            return Response(data, content_type="text/csv;charset=utf-8")
        first, behind = asked
        answer = Response(data[first:behind], status=206, content_type="text/csv;charset=utf-8")
        answer.headers["Content-Range"] = f"bytes {first}-{behind - 1}/{len(data)}"
        answer.headers["Accept-Ranges"] = "bytes"
        return answer


def _columns(fields: Any, known: Iterable[str]) -> list[str]:
    if not fields:
        raise refusal(1002, "Missing value for the required parameter 'fields'")
    unknown = [name for name in fields if name not in known]
    if unknown:
        raise refusal(1006, f"Field '{unknown[0]}' not found")
    return list(fields)
