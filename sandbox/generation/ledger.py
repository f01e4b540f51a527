"""The canonical truth: what happened at the company, told without any tool."""

import csv
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.generation.company_policy import policy_text

_COLUMNS = {
    "account": "account_id account_name domain country industry employee_count segment"
    " billing_currency owner_id is_target_account created_at",
    "owner": "owner_id owner_name team manager_id is_active last_login_at",
    "person": "person_id account_id full_name email title department seniority country"
    " lead_channel created_at is_deleted",
    "person_stage_history": "person_id stage entered_at",
    "opportunity": "opportunity_id account_id owner_id opportunity_name opportunity_type currency"
    " amount renewal_base_currency renewal_base_amount renewal_due_date created_at close_date"
    " stage is_closed is_won probability_pct forecast_category lost_reason next_step is_deleted",
    "opportunity_stage_history": "opportunity_id seq stage amount probability_pct close_date"
    " forecast_category entered_at",
    "opportunity_contact_role": "opportunity_id person_id is_primary",
    "subscription_item": "item_version_id subscription_id account_id product_id status currency"
    " unit_amount quantity billing_interval interval_count discount_pct discount_kind usage_type"
    " valid_from valid_to change_reason",
    "fx_rate": "rate_type from_currency to_currency rate_date rate",
    "invoice": "invoice_id document_type account_id currency status issued_at tax",
    "invoice_line": "invoice_line_id invoice_id line_type amount period_start period_end",
    "spend": "spend_id spend_date department cost_type channel campaign_id currency amount",
    "campaign_stat": "campaign_id stat_date channel impressions clicks sends delivered"
    " unique_opens unique_clicks conversions",
    "touch": "touch_id person_id account_id occurred_at channel campaign_id touch_type"
    " is_marketing",
    "activity": "activity_id activity_type direction person_id account_id opportunity_id owner_id"
    " occurred_at",
    "ticket": "ticket_id account_id requester_person_id schedule_id created_at created_by priority"
    " current_status merged_into_ticket_id is_deleted",
    "ticket_status_history": "ticket_id status entered_at",
    "ticket_comment": "comment_id ticket_id author_role is_public created_at",
    "csat_response": "response_id ticket_id person_id score responded_at",
    "nps_response": "response_id person_id account_id score responded_at",
    "quota": "owner_id period currency amount",
    "forecast_snapshot": "snapshot_date period owner_id currency amount",
    "product_usage": "account_id usage_month licensed_seats active_users",
    "web_session": "session_id person_id account_id started_at channel page_views"
    " engagement_seconds key_events",
    "business_schedule": "schedule_id timezone weekday open_time close_time",
    "holiday": "schedule_id holiday_date holiday_name",
}
COLUMNS = {table: tuple(names.split()) for table, names in _COLUMNS.items()}
# Which record of which tool tells it: a way back from an id of ours, and no column of the table.
PROVENANCE = ("source", "source_record_id")


@dataclass
class Party:
    """A company or a person as all tools together know it: facts, and since when."""

    facts: dict[str, Any] = field(default_factory=dict)
    since: datetime | None = None

    def known(self, at: datetime) -> None:
        self.since = min(at, self.since or at)


class Ledger:
    """Writes `<directory>/<table>.csv` of the 26 canonical tables, and the policy they stand for.

    Without a directory nothing is kept: where tools contradict each other, no table is the truth.
    """

    def __init__(self, directory: Path | None, as_of: datetime) -> None:
        self._directory = directory
        self._as_of = as_of
        self._stack = ExitStack()
        self._writers: dict[str, Any] = {}
        self._is_over = False
        self._parties: dict[str, dict[str, Party]] = {"account": {}, "person": {}}

    @property
    def is_kept(self) -> bool:
        return self._directory is not None

    def __enter__(self) -> Self:
        if self._directory is None:
            return self
        self._directory.mkdir(parents=True)
        policy = policy_text(self._as_of)
        (self._directory / "policy.yml").write_text(policy, encoding="utf-8")
        for table, columns in COLUMNS.items():
            path = self._directory / f"{table}.csv"
            file = self._stack.enter_context(path.open("w", encoding="utf-8", newline=""))
            self._writers[table] = csv.writer(file, lineterminator="\n")
            self._writers[table].writerow((*columns, *PROVENANCE))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def add(self, table: str, source: str, record_id: object, **facts: Any) -> None:
        """A row of a table; what is not told is empty."""
        if self._directory is None or self._is_over:
            return
        if unknown := facts.keys() - set(COLUMNS[table]):
            raise ValueError(f"{table} has no column {', '.join(sorted(unknown))}")
        row = [_text(facts.get(name)) for name in COLUMNS[table]]
        self._writers[table].writerow((*row, source, record_id))

    def close(self) -> None:
        """The data ends here: what the next day brings is not in the truth."""
        self._is_over = True

    def party(self, table: str, key: str) -> Party:
        """What is known so far of a company or a person; written when the company is done."""
        return self._parties[table].setdefault(key, Party())

    def close_parties(self) -> None:
        """Write the companies and people of which nothing more will be told."""
        for table, parties in self._parties.items():
            for key, party in parties.items():
                if party.since is None:
                    continue
                facts = {f"{table}_id": key, "created_at": party.since, **party.facts}
                self.add(table, "truth", key, **facts)
            parties.clear()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
