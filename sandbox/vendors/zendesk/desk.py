"""What hangs on tickets and how the desk is set up: history, metrics, ratings, hours, fields."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.instants import SandboxClock, epoch_seconds, parse_instant, zendesk_instant
from sandbox.store import Record, Table
from sandbox.vendor import Handler, json_response
from sandbox.vendors.zendesk.errors import invalid, not_found, refusal
from sandbox.vendors.zendesk.exports import included, without_comments
from sandbox.vendors.zendesk.history import Histories, Hours, Past, audits, comments
from sandbox.vendors.zendesk.paging import behind, listing
from sandbox.vendors.zendesk.records import with_all_bodies

ARCHIVED_AFTER = timedelta(days=120)
# How long a deleted ticket can still be restored.
RESTORABLE = timedelta(days=30)
# New records can be searched for only after a while.
INDEXED_AFTER = timedelta(minutes=1)
# How many years of business hours are known; older tickets count from there.
YEARS_OF_HOURS = 5
SET_UP = ("ticket_fields", "user_fields", "organization_fields")
_SEARCHED = {"ticket": "tickets", "user": "users", "organization": "organizations"}


class Desk:
    """The handlers of everything that is not organizations, users and tickets themselves."""

    def __init__(self, tables: dict[str, Table], clock: SandboxClock) -> None:
        self._tables = tables
        self._clock = clock
        self._histories = Histories(tables["ticket_events"])
        # Of which version of the users, and who works here.
        self._staff: tuple[int, frozenset[int]] = (-1, frozenset())
        # Of which version of schedules and holidays, and each schedule's hours.
        self._open: tuple[tuple[int, int], dict[int, Hours]] = ((-1, -1), {})

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        ticket = "/api/v2/tickets/<int:record_id>"
        schedule = "/api/v2/business_hours/schedules"
        fields = f"/api/v2/<any({', '.join(SET_UP)}):kind>"
        paths: tuple[tuple[str, Handler], ...] = (
            (f"{ticket}/comments", self.comments),
            (f"{ticket}/audits", self.audits),
            (f"{ticket}/metrics", self.metrics),
            ("/api/v2/ticket_metrics", self.all_metrics),
            ("/api/v2/deleted_tickets", self.deleted_tickets),
            ("/api/v2/satisfaction_ratings", self.ratings),
            ("/api/v2/satisfaction_ratings/count", self.count_ratings),
            (schedule, self.schedules),
            (f"{schedule}/<int:record_id>/holidays", self.holidays),
            (fields, self.fields),
            (f"{fields}/count", self.count_fields),
            ("/api/v2/organizations/<int:record_id>/merges", self.merges),
            ("/api/v2/search/count", self.search_count),
        )
        return [
            ("GET", f"{path}{ending}", handler)
            for path, handler in paths
            for ending in ("", ".json")
        ]

    # -- how records are shown -----------------------------------------------------------------

    def shown(self, record: Record, request: Request) -> Record:
        """A record as a request wants it: tickets with their custom fields and metrics."""
        if "child_events" in record:
            return self._shown_event(record, request)
        if "requester_id" not in record or "subject" not in record:
            return record
        details = self._tables["ticket_details"].get(str(record["id"])) or {}
        shown = {
            **record,
            "tags": [*record["tags"], *details.get("tags", [])],
            "custom_fields": details.get("custom_fields", []),
        }
        if "metric_sets" in included(request):
            shown["metric_set"] = self._past(record).metrics()
        return shown

    def _shown_event(self, event: Record, request: Request) -> Record:
        if "comment_events" not in included(request):
            return without_comments(event)
        children = [
            with_all_bodies(child) if child["event_type"] == "Comment" else child
            for child in event["child_events"]
        ]
        return {**event, "child_events": children}

    def is_listed(self, kind: str, record: Record) -> bool:
        """Deleted records leave the lists, and so do tickets archived long after closing."""
        if "deleted_at" in record or (record.get("active") is False and kind == "users"):
            return False
        if kind == "tickets" and record["status"] == "closed":
            return parse_instant(record["updated_at"]) > self._clock.now() - ARCHIVED_AFTER
        return record.get("status") != "deleted"

    # -- tickets -------------------------------------------------------------------------------

    def _ticket(self, record_id: int) -> Record:
        """The ticket; nothing that hangs on a deleted one can be asked for any more."""
        record = self._tables["tickets"].get(str(record_id))
        if record is None or record["status"] == "deleted":
            raise not_found()
        return record

    def _past(self, ticket: Record) -> Past:
        events = self._histories.of(ticket["id"])
        return Past(ticket, events, self._agents(), self._hours(events))

    def _agents(self) -> frozenset[int]:
        users = self._tables["users"]
        if self._staff[0] != users.version:
            found = frozenset(user["id"] for user in users if user["role"] != "end-user")
            self._staff = (users.version, found)
        return self._staff[1]

    def _hours(self, events: list[Record]) -> Hours | None:
        """The schedule that the ticket was given."""
        given = [
            child["new_schedule_id"]
            for event in events
            for child in event["child_events"]
            if child["event_type"] == "ScheduleAssignment"
        ]
        return self._hours_of(given[-1]) if given else None

    def _hours_of(self, schedule_id: int) -> Hours | None:
        schedules, holidays = self._tables["schedules"], self._tables["holidays"]
        version, year = (schedules.version, holidays.version), self._clock.now().year
        if self._open[0] != version:
            self._open = (version, {})
        known = self._open[1]
        if schedule_id not in known and (schedule := schedules.get(str(schedule_id))):
            years = range(year - YEARS_OF_HOURS, year + 2)
            known[schedule_id] = Hours(schedule, self._closed(schedule_id), years)
        return known.get(schedule_id)

    def _closed(self, schedule_id: int) -> Iterable[str]:
        for holiday in self._tables["holidays"]:
            if holiday["schedule_id"] == schedule_id:
                day = parse_instant(holiday["start_date"])
                while day <= parse_instant(holiday["end_date"]):
                    yield day.date().isoformat()
                    day += timedelta(days=1)

    def comments(self, request: Request, record_id: int) -> Response:
        found = comments(self._histories.of(self._ticket(record_id)["id"]))
        return json_response(listing(request, "comments", behind(found)))

    def audits(self, request: Request, record_id: int) -> Response:
        found = audits(self._histories.of(self._ticket(record_id)["id"]))
        return json_response(listing(request, "audits", behind(found)))

    def metrics(self, request: Request, record_id: int) -> Response:  # noqa: ARG002  # a handler
        return json_response({"ticket_metric": self._past(self._ticket(record_id)).metrics()})

    def all_metrics(self, request: Request) -> Response:
        """The metrics of listed tickets: those of archived ones are in the export only."""
        rows = (t for t in self._tables["tickets"] if self.is_listed("tickets", t))
        page = listing(request, "ticket_metrics", behind(rows))
        metrics = [self._past(ticket).metrics() for ticket in page["ticket_metrics"]]
        return json_response({**page, "ticket_metrics": metrics})

    def metric_events(self, request: Request) -> Response:
        """The export of metric events; all that lie behind `start_time` in one page."""
        since = request.args.get("start_time", "")
        if not since.isdigit():
            raise invalid("start_time is required: seconds since 1970")
        rows = [
            event
            for ticket in self._tables["tickets"]
            for event in self._past(ticket).metric_events()
            if epoch_seconds(event["time"]) >= int(since)
        ]
        rows.sort(key=lambda event: (event["time"], event["id"]))
        end_time = epoch_seconds(rows[-1]["time"]) if rows else None
        return json_response(
            {
                "ticket_metric_events": rows,
                "count": len(rows),
                "end_time": end_time,
                "next_page": None,
                "end_of_stream": True,
            }
        )

    def deleted_tickets(self, request: Request) -> Response:
        """What can still be restored, from the list of deleted tickets."""
        until = self._clock.now() - RESTORABLE
        rows = [
            {
                "id": ticket["id"],
                "subject": ticket["subject"],
                "actor": {"id": -1, "name": "System"},
                "deleted_at": ticket["updated_at"],
                "previous_state": "open",
            }
            for ticket in self._tables["tickets"]
            if ticket["status"] == "deleted" and parse_instant(ticket["updated_at"]) > until
        ]
        return json_response(listing(request, "deleted_tickets", behind(rows)))

    # -- satisfaction --------------------------------------------------------------------------

    def ratings(self, request: Request) -> Response:
        """Ratings by the time of their creation: a later change does not bring one back."""
        bounds = [request.args.get(name) for name in ("start_time", "end_time")]
        if any(bound is not None and not bound.isdigit() for bound in bounds):
            raise invalid("start_time and end_time are seconds since 1970")
        first, last = (int(bounds[0] or 0), int(bounds[1] or 1 << 40))
        rows = (
            rating
            for rating in self._live("satisfaction_ratings")
            if first <= epoch_seconds(rating["created_at"]) <= last
        )
        return json_response(listing(request, "satisfaction_ratings", behind(rows)))

    def _live(self, kind: str) -> list[Record]:
        return [record for record in self._tables[kind] if self.is_listed(kind, record)]

    def counted(self, value: int) -> Response:
        at = zendesk_instant(self._clock.now())
        return json_response({"count": {"value": value, "refreshed_at": at}})

    def count_ratings(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        return self.counted(len(self._live("satisfaction_ratings")))

    # -- how the desk is set up ----------------------------------------------------------------

    def schedules(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        return json_response({"schedules": self._live("schedules")})

    def holidays(self, request: Request, record_id: int) -> Response:  # noqa: ARG002  # a handler
        if all(schedule["id"] != record_id for schedule in self._live("schedules")):
            raise not_found()
        rows = [
            {name: value for name, value in holiday.items() if name != "schedule_id"}
            for holiday in self._live("holidays")
            if holiday["schedule_id"] == record_id
        ]
        return json_response({"holidays": rows})

    def fields(self, request: Request, kind: str) -> Response:
        return json_response(listing(request, kind, behind(self._live(kind))))

    def count_fields(self, request: Request, kind: str) -> Response:  # noqa: ARG002  # a handler
        return self.counted(len(self._live(kind)))

    def merges(self, request: Request, record_id: int) -> Response:
        """Merges in which the organization won or lost; a deleted one is not there to ask."""
        organization = self._tables["organizations"].get(str(record_id))
        if organization is None or "deleted_at" in organization:
            raise not_found()
        rows = [
            merge
            for merge in self._tables["organization_merges"]
            if record_id in {merge["loser_id"], merge["winner_id"]}
        ]
        body: dict[str, Any] = {"organization_merges": rows[:100]}
        body["meta"] = {"has_more": False, "after_cursor": None, "before_cursor": None}
        if request.args.get("page[after]"):
            body["organization_merges"] = []
        return json_response(body)

    # -- search --------------------------------------------------------------------------------

    def search_count(self, request: Request) -> Response:
        """How many records of one type can be found: archived tickets too, deleted ones not."""
        query = request.args.get("query", "")
        name = query.removeprefix("type:")
        if name not in _SEARCHED:
            raise refusal(422, "Unprocessable", f"the sandbox counts by type only, not {query!r}")
        kind, until = _SEARCHED[name], self._clock.now() - INDEXED_AFTER
        found = (
            record
            for record in self._tables[kind]
            if self._is_found(kind, record) and parse_instant(record["created_at"]) <= until
        )
        return json_response({"count": sum(1 for _ in found)})

    def _is_found(self, kind: str, record: Record) -> bool:
        if kind == "tickets":
            return bool(record["status"] != "deleted")
        return self.is_listed(kind, record)
