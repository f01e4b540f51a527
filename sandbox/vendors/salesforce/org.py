"""One emulated Salesforce org: what it holds, who may come in, and what happens to records."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from werkzeug.wrappers import Request, Response

from sandbox.instants import parse_instant, salesforce_instant
from sandbox.store import Change, Record, Table, read_ndjson
from sandbox.throttle import Throttle
from sandbox.vendor import Refused, Setting, Vendor
from sandbox.vendors.salesforce import history, soql
from sandbox.vendors.salesforce.bulk import DAILY_JOBS, Found, QueryJobs
from sandbox.vendors.salesforce.errors import not_found, refusal
from sandbox.vendors.salesforce.mishaps import MISHAPS
from sandbox.vendors.salesforce.schema import (
    CHILDREN,
    DEFAULTS,
    FIELDS,
    MULTI_CURRENCY,
    SYSTEM_MADE,
    FieldTypes,
)

DAILY = 100_000
# How long a deleted record can be asked for.
RECYCLE_BIN = timedelta(days=15)
TOKEN = "/services/oauth2/token"  # noqa: S105  # a path
_PARENTS = {parent for parent, _ in CHILDREN.values()}


class Org(Vendor):
    """The tables of one org and their manners; `Salesforce` gives them an API.

    Attributes:
        fields: what describe shows by object; what is missing here cannot be asked for.
        uncommitted: record id -> when it can be seen: its transaction ends after its stamp.
    """

    name = "salesforce"
    fragile = "SystemModstamp"
    kinds = tuple(FIELDS)
    mishaps = tuple(MISHAPS)

    def __init__(self, setting: Setting) -> None:
        limits = setting.manifest.limits.get(self.name, {})
        self.jobs = QueryJobs(setting.clock, self.found, limits.get("daily_query_jobs", DAILY_JOBS))
        super().__init__(setting)
        self.calls = Throttle(limits.get("daily_requests", DAILY), timedelta(days=1))
        self.sessions: dict[str, datetime] = {}
        self.uncommitted: dict[str, datetime] = {}
        for kind in ("Account", "Opportunity"):
            self._add_custom(kind, read_ndjson(setting.data / self.name / f"{kind}Custom.ndjson"))
        self.fields = self._describable()

    def make_table(self, kind: str) -> Table:  # noqa: ARG002  # alike for all
        return Table(lambda record: str(record["Id"]), numeric=False)

    def _add_custom(self, kind: str, values: Iterable[Record]) -> None:
        """Fields that the org added to a standard object, kept beside the standard records."""
        own = {row["Id"]: row for row in values}
        if own:
            self.tables[kind].load([r | own.get(r["Id"], {}) for r in self.tables[kind]])

    def _describable(self) -> dict[str, FieldTypes]:
        """The objects and fields of this org; without currencies it has a single one."""
        if len(self.tables["CurrencyType"]):
            return {kind: dict(types) for kind, types in FIELDS.items()}
        return {
            kind: {name: of for name, of in types.items() if name not in DEFAULTS}
            for kind, types in FIELDS.items()
            if kind not in MULTI_CURRENCY
        }

    # -- manners ---------------------------------------------------------------------------

    def admit(self, request: Request) -> None:
        if request.path.endswith(TOKEN):
            return
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        now = self.clock.now()
        if self.sessions.get(token, now) <= now:
            raise refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if not self.calls.admit(now):
            raise self.throttled(None)

    def expire_tokens(self) -> None:
        self.sessions.clear()

    def mishap(self, kind: str, request: Request) -> Response | None:
        MISHAPS[kind](self, request.path)
        return None  # what it did shows in the answer

    def headers(self, request: Request) -> dict[str, str]:
        if request.path.endswith(TOKEN):
            return {}
        used = self.calls.limit - self.calls.remaining(self.clock.now())
        return {"Sforce-Limit-Info": f"api-usage={used}/{self.calls.limit}"}

    def throttled(self, retry_after: float | None) -> Refused:
        refused = refusal(403, "REQUEST_LIMIT_EXCEEDED", "The org's request limit is exceeded.")
        if retry_after is not None:
            refused.headers["Retry-After"] = f"{retry_after:g}"
        return refused

    def broken(self) -> Refused:
        return refusal(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")

    def unknown_path(self, request: Request) -> Refused:  # noqa: ARG002  # alike for all
        return not_found()

    # -- what happens to records -----------------------------------------------------------

    def modified_at(self, kind: str, record: Record) -> datetime:  # noqa: ARG002  # by its fields
        return parse_instant(record.get("SystemModstamp") or record["CreatedDate"])

    def stamped(self, kind: str, record: Record, at: datetime, *, new: bool) -> Record:
        names = {"LastModifiedDate", "SystemModstamp"} & FIELDS[kind].keys() or {"CreatedDate"}
        stamp = salesforce_instant(at)
        return {
            name: stamp if name in names or (new and name == "CreatedDate") else value
            for name, value in {**record, **dict.fromkeys(sorted(names), stamp)}.items()
        }

    def deleted(self, kind: str, record: Record, at: datetime) -> Record:
        return {**self.stamped(kind, record, at, new=False), "IsDeleted": True}

    def live_a_day(self, began: datetime, as_of: datetime) -> tuple[list[Change], int, int]:
        changes, added, changed = super().live_a_day(began, as_of)
        return [*changes, *self._followed(changes)], added, changed

    def _followed(self, changes: list[Change]) -> Iterator[Change]:
        made: Counter[str] = Counter()
        for change in changes:
            if change.kind == "Opportunity":
                before = self.tables["Opportunity"].get(change.record["Id"])
                at = self.modified_at("Opportunity", change.record)
                yield from history.follow(self.tables, before, change.record, at, made)

    def apply(self, changes: Iterable[Change]) -> None:
        own = [change for change in changes if change.vendor == self.name]
        super().apply(own)
        for change in own:
            if change.record.get("IsDeleted") and change.kind in _PARENTS:
                super().apply(list(history.orphans(self.tables, change.kind, change.record)))

    # -- queries ---------------------------------------------------------------------------

    def found(self, text: str, with_deleted: bool) -> Found:  # noqa: FBT001  # as jobs call it
        """What a query matches now; no fields stand for COUNT()."""
        try:
            parsed = soql.parse(text)
            kind = self.object_named(parsed.target)
            if kind is None:
                message = f"sObject type '{parsed.target}' is not supported."
                raise refusal(400, "INVALID_TYPE", message)
            types = self.fields[kind]
            rows = soql.run(parsed, self.visible(kind, with_deleted=with_deleted), types)
            fields = tuple(soql.field_of(types, name) for name in parsed.fields or ())
        except soql.MalformedQuery as error:
            raise refusal(400, "MALFORMED_QUERY", str(error)) from error
        except soql.InvalidField as error:
            raise refusal(400, "INVALID_FIELD", str(error)) from error
        return Found(kind, fields, rows, types)

    def object_named(self, name: str) -> str | None:
        """The object's own spelling, None when there is none such."""
        return next((known for known in self.fields if known.lower() == name.lower()), None)

    def visible(self, kind: str, *, with_deleted: bool) -> Iterator[Record]:
        now = self.clock.now()
        for record in self.tables[kind]:
            if self.uncommitted and self.uncommitted.get(record["Id"], now) > now:
                continue
            if record.get("IsDeleted"):
                if with_deleted and not self._is_purged(kind, record, now):
                    yield record
            elif with_deleted or not record.get("IsArchived"):
                yield record

    def _is_purged(self, kind: str, record: Record, now: datetime) -> bool:
        """Whether the recycle bin has let go of a deleted record."""
        if kind in SYSTEM_MADE:
            parent = self.tables["Opportunity"].get(record["OpportunityId"])
            return parent is None or self._is_purged("Opportunity", parent, now)
        return self.modified_at(kind, record) + RECYCLE_BIN <= now
