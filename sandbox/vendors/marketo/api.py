"""Marketo's REST API: tokens, leads, the activity log, programs, and bulk extracts."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from werkzeug.wrappers import Request, Response

from sandbox.instants import parse_instant, zendesk_instant
from sandbox.store import Record, Table
from sandbox.throttle import Throttle
from sandbox.vendor import Handler, Refused, Setting, Vendor, json_response
from sandbox.vendors.marketo import paging
from sandbox.vendors.marketo.errors import REFUSALS, nothing_found, refusal, success
from sandbox.vendors.marketo.extracts import Extracts
from sandbox.vendors.marketo.fields import (
    CHANGE_DATA_VALUE,
    LEAD_FIELD_NAMES,
    NEW_LEAD,
    SEARCHABLE,
    member_field_definitions,
)
from sandbox.vendors.marketo.imports import Imports
from sandbox.vendors.marketo.lists import StaticLists
from sandbox.vendors.marketo.records import (
    asset_instant,
    change_as_activity,
    deletion,
    read_instant,
)
from sandbox.vendors.marketo.writes import PARTITION, LeadWriter, read_inputs, skipped

LIFETIME = timedelta(hours=1)
MAX_ASSETS, MAX_LEADS = 200, 300
# The log keeps most lines for 25 months, and some of which there are many for 90 days.
PURGED_AFTER, PURGED_SOON_AFTER = timedelta(days=760), timedelta(days=90)
_PURGED_SOON = {1}
_TOKEN = "/identity/oauth/token"  # noqa: S105  # a path


class Marketo(Vendor):
    """One subscription, opened by one custom service."""

    name = "marketo"
    fragile = "activityDate"
    kinds = (
        "leads",
        "lead_fields",
        "lead_changes",
        "activities",
        "activity_types",
        "programs",
        "program_members",
        "static_lists",
        "list_members",
    )
    mishaps = (*REFUSALS, "empty_page", "wrong_checksum", "failed_export")

    def __init__(self, setting: Setting) -> None:
        self.extracts = Extracts(self)
        self.lists = StaticLists(self)
        self.imports = Imports(self)
        super().__init__(setting)
        self._calls = Throttle(self.limits.get("per_20_seconds", 100), timedelta(seconds=20))
        self._daily = Throttle(self.limits.get("per_day", 50_000), timedelta(days=1))
        self._tokens: dict[str, datetime] = {}
        self._issued = 0
        self._logged: tuple[int, paging.Log] = (-1, [])

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        return (
            ("GET", _TOKEN, self.issue_token),
            ("POST", _TOKEN, self.issue_token),
            ("GET", "/rest/v1/leads.json", self.find_leads),
            ("POST", "/rest/v1/leads.json", self.sync_leads),
            ("POST", "/rest/v1/leads/delete.json", self.delete_leads),
            ("GET", "/rest/v1/leads/describe2.json", self.describe_leads),
            ("GET", "/rest/v1/programs/members/describe.json", self.describe_members),
            ("GET", "/rest/v1/activities/types.json", self.list_activity_types),
            ("GET", "/rest/v1/activities/pagingtoken.json", self.give_paging_token),
            ("GET", "/rest/v1/activities.json", self.list_activities),
            ("GET", "/rest/v1/activities/leadchanges.json", self.list_lead_changes),
            ("GET", "/rest/v1/activities/deletedleads.json", self.list_deleted_leads),
            ("GET", "/rest/v1/stats/usage.json", self.show_usage),
            ("GET", "/rest/asset/v1/programs.json", self.list_programs),
            ("GET", "/rest/asset/v1/program/<int:record_id>.json", self.show_program),
            *self.extracts.routes(),
            *self.lists.routes(),
            *self.imports.routes(),
        )

    def make_table(self, kind: str) -> Table:
        keys = {
            "lead_fields": lambda record: str(record["name"]),
            "program_members": lambda record: f"{record['programId']}-{record['leadId']}",
            "list_members": lambda record: f"{record['listId']}-{record['leadId']}",
        }
        return Table(keys.get(kind, lambda record: str(record["id"])), numeric=kind not in keys)

    # -- manners ---------------------------------------------------------------------------

    def admit(self, request: Request) -> None:
        if request.path.endswith(_TOKEN):
            return
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self._tokens:
            raise refusal(*REFUSALS["token_invalid"])
        now = self.clock.now()
        if self._tokens[token] <= now:
            raise refusal(*REFUSALS["token_expired"])
        if not self._calls.admit(now):
            raise self.throttled(None)
        if not self._daily.admit(now):
            raise refusal(*REFUSALS["daily_quota"])

    def issue_token(self, request: Request) -> Response:
        """The same token as long as it lives; `expires_in` is what is left of it."""
        asked = {name: request.values.get(name) for name in ("client_id", "client_secret")}
        if any(self.credentials.get(name) != value for name, value in asked.items()):
            body = {"error": "invalid_client", "error_description": "Bad client credentials"}
            raise Refused(401, body)
        now = self.clock.now()
        live = [token for token, expires in self._tokens.items() if expires > now]
        if not live:
            self._issued += 1
            live = [f"{self.credentials['client_id'][:8]}-{self._issued:04d}-sandbox:int"]
            self._tokens[live[0]] = now + LIFETIME
        left = int((self._tokens[live[0]] - now).total_seconds())
        issued = {"access_token": live[0], "token_type": "bearer", "expires_in": left}
        return json_response({**issued, "scope": "apis@revops-lab.example"})

    def issued_tokens(self) -> set[str]:
        return set(self._tokens)

    def expire_tokens(self) -> None:
        self._tokens = dict.fromkeys(self._tokens, self.clock.now())

    def throttled(self, retry_after: float | None) -> Refused:  # noqa: ARG002  # it never says
        return refusal(*REFUSALS["rate"])

    def broken(self) -> Refused:
        return Refused(500, {"error": "Internal Server Error"})

    def unknown_path(self, request: Request) -> Refused:  # noqa: ARG002  # alike for all
        return refusal(610, "Requested resource not found")

    def mishap(self, kind: str, request: Request) -> Response | None:
        if kind in REFUSALS:
            return refusal(*REFUSALS[kind]).response()
        if kind == "empty_page":
            # There is more, only not on this page; the list is left out altogether.
            token = request.args.get("nextPageToken", "")
            return success(None, nextPageToken=paging.another(token), moreResult=True)
        self.extracts.spoilt = kind
        return None

    def modified_at(self, kind: str, record: Record) -> datetime:
        for name in ("changedAt", "activityDate", "updatedAt"):
            if name in record:
                return read_instant(record[name])
        raise ValueError(f"{kind} have no stamp")

    def stamped(self, kind: str, record: Record, at: datetime, *, new: bool) -> Record:
        if kind == "programs":
            stamp = asset_instant(at)
            return {**record, "updatedAt": stamp, **({"createdAt": stamp} if new else {})}
        stamp = zendesk_instant(at)
        if kind in {"activities", "lead_changes"}:
            return {**record, "activityDate": stamp}
        whole = {**record, "updatedAt": stamp, **({"createdAt": stamp} if new else {})}
        if kind == "leads":
            whole["changedAt"] = stamp
        return {**whole, "deletedAt": stamp} if record.get("isDeleted") else whole

    def deleted(self, kind: str, record: Record, at: datetime) -> Record:  # noqa: ARG002
        return {**record, "isDeleted": True, "deletedAt": zendesk_instant(at)}

    # -- leads -----------------------------------------------------------------------------

    def live(self, kind: str) -> list[Record]:
        return [record for record in self.tables[kind] if not record.get("isDeleted")]

    def find_leads(self, request: Request) -> Response:
        """Leads by a searchable field; never more than a page of values, so never a list."""
        name = request.args.get("filterType", "")
        if name not in SEARCHABLE:
            raise refusal(1011, f"Field '{name}' not supported")
        values = ",".join(request.args.getlist("filterValues")).split(",")
        if len(values) > MAX_LEADS:
            raise refusal(1003, "Too many values")
        fields = ",".join(request.args.getlist("fields")).split(",")
        known = {*LEAD_FIELD_NAMES, PARTITION} - {"id"}
        shown = ["id", *(one for one in fields if one in known)]
        # Values are compared without case, as e-mail addresses are.
        wanted = {value.strip().casefold() for value in values}
        found = [one for one in self.live("leads") if str(one[name]).casefold() in wanted]
        whole = [{PARTITION: 1, **lead} for lead in found[:MAX_LEADS]]
        return success([{one: lead[one] for one in shown} for lead in whole])

    def sync_leads(self, request: Request) -> Response:
        body: Record = request.get_json(silent=True) or {}
        rows = read_inputs(body)
        writer = self.writer(body)
        answers = [writer.write(row) for row in rows]
        self.commit(writer.changes)
        return success(answers)

    def delete_leads(self, request: Request) -> Response:
        """Who is deleted is gone for good, but for the log's line about it."""
        answers = []
        for row in read_inputs(request.get_json(silent=True)):
            record = self.tables["leads"].get(str(row.get("id")))
            if record is None or record.get("isDeleted"):
                answers.append(skipped(1004, "Lead not found"))
                continue
            blank = dict.fromkeys(record) | {"id": record["id"], "updatedAt": record["updatedAt"]}
            self.commit([("leads", self.deleted("leads", blank, self.clock.now()))])
            answers.append({"id": record["id"], "status": "deleted"})
        return success(answers)

    def writer(self, asked: Record) -> LeadWriter:
        """What works out a write of leads, as it was asked for."""
        definitions = {one["name"]: one for one in self.tables["lead_fields"]}
        logs = ("activities", "lead_changes")
        line = max(self.tables[one].highest_number() for one in logs) + 1
        return LeadWriter(self.tables["leads"], line, definitions, asked, self.clock.now())

    def describe_leads(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        searchable = [[name] for name in SEARCHABLE]
        fields = list(self.tables["lead_fields"])
        return success([{"name": "API Lead", "searchableFields": searchable, "fields": fields}])

    def describe_members(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        stamp = zendesk_instant(self.clock.now())
        described = {
            "name": "API Program Membership",
            "description": "Map for API program membership fields",
            "createdAt": stamp,
            "updatedAt": stamp,
            "dedupeFields": ["leadId", "programId"],
            "searchableFields": [["leadId"]],
            "fields": member_field_definitions(),
        }
        return success([described])

    # -- the log ---------------------------------------------------------------------------

    def _is_kept(self, line: Record) -> bool:
        soon = line["activityTypeId"] in _PURGED_SOON
        limit = PURGED_SOON_AFTER if soon else PURGED_AFTER
        return parse_instant(line["activityDate"]) > self.clock.now() - limit

    def log(self) -> paging.Log:
        """Every line that is kept, in order; deletions are told elsewhere."""
        version = self.tables["activities"].version + self.tables["lead_changes"].version
        if self._logged[0] != version:
            lines = [*self.tables["activities"], *self.tables["lead_changes"]]
            ordered = sorted((one["activityDate"], one["id"], one) for one in lines)
            self._logged = version, ordered
        return [line for line in self._logged[1] if self._is_kept(line[2])]

    def list_activity_types(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        return success(list(self.tables["activity_types"]))

    def give_paging_token(self, request: Request) -> Response:
        token = paging.token_since(request.args.get("sinceDatetime", ""))
        return success(None, nextPageToken=token)

    def list_activities(self, request: Request) -> Response:
        kinds = paging.numbers(request, "activityTypeIds")
        if not 1 <= len(kinds) <= 10:
            raise refusal(1003, "One to ten activityTypeIds are needed")

        def show(line: Record) -> Record | None:
            return change_as_activity(line) if line["activityTypeId"] in kinds else None

        return paging.page(request, self.log(), show)

    def list_lead_changes(self, request: Request) -> Response:
        names = set(",".join(request.args.getlist("fields")).split(",")) - {""}
        if not names:
            raise refusal(1003, "fields is required")

        def show(line: Record) -> Record | None:
            if line["activityTypeId"] not in {NEW_LEAD, CHANGE_DATA_VALUE}:
                return None
            fields = [one for one in line["fields"] if one["name"] in names]
            is_shown = fields or line["activityTypeId"] == NEW_LEAD
            return {**line, "fields": fields} if is_shown else None

        return paging.page(request, self.log(), show)

    def list_deleted_leads(self, request: Request) -> Response:
        """Deleted leads; one that was merged into another is not among them."""
        gone = [one for one in self.tables["leads"] if one.get("isDeleted")]
        lines = [deletion(one) for one in gone if not one.get("mergedInto")]
        log = sorted((line["activityDate"], line["id"], line) for line in lines)
        return paging.page(request, log, lambda line: line)

    def show_usage(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        now = self.clock.now()
        used = self._daily.limit - self._daily.remaining(now)
        users = [{"userId": "apis@revops-lab.example", "count": used}]
        return success([{"date": f"{now:%Y-%m-%d}", "total": used, "users": users}])

    # -- programs --------------------------------------------------------------------------

    def list_programs(self, request: Request) -> Response:
        most = min(int(request.args.get("maxReturn", 20)), MAX_ASSETS)
        offset = int(request.args.get("offset", 0))
        found = self.live("programs")[offset : offset + most]
        left_out = {"costs", "tags"}
        shown = [{k: v for k, v in one.items() if k not in left_out} for one in found]
        return success(shown) if shown else nothing_found()

    def show_program(self, request: Request, record_id: int) -> Response:  # noqa: ARG002
        record = self.tables["programs"].get(str(record_id))
        return success([record]) if record and not record.get("isDeleted") else nothing_found()


VENDOR = Marketo
