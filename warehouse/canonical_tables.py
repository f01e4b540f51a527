"""The 26 canonical tables: the columns that every metric is made of, whichever tool told them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ColumnKind = Literal["text", "boolean", "integer", "decimal", "rate", "price", "date", "instant"]

# How DuckDB holds a kind; what does not parse as that is refused.
SQL_TYPES: dict[ColumnKind, str] = {
    "text": "varchar",
    "boolean": "boolean",
    "integer": "integer",
    "decimal": "decimal(18, 4)",
    "rate": "decimal(18, 8)",
    "price": "decimal(28, 12)",
    "date": "date",
    "instant": "timestamptz",
}


@dataclass(frozen=True)
class Column:
    """`required`: never empty. `accepted`: the words it may hold."""

    name: str
    kind: ColumnKind = "text"
    required: bool = True
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class CanonicalTable:
    """`key`: the columns that name a row; none where rows are parts that add up."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...] = field(repr=False)


def _table(name: str, key: str, columns: str) -> CanonicalTable:
    """Read `name kind` pairs; `?` behind a kind: may be empty; words behind it: one of them."""
    return CanonicalTable(
        name,
        tuple(key.split()),
        tuple(_column(line.split()) for line in columns.split(",")),
    )


def _column(words: list[str]) -> Column:
    name, kind, *accepted = words
    return Column(
        name,
        kind.rstrip("?"),  # type: ignore[arg-type]  # the declarations below hold no other word
        not kind.endswith("?"),
        tuple(accepted[0].split("|")) if accepted else (),
    )


TABLES: dict[str, CanonicalTable] = {
    table.name: table
    for table in (
        _table(
            "account",
            "account_id",
            """
            account_id text, account_name text?, domain text?, country text?, industry text?,
            employee_count integer?, segment text?, billing_currency text?, owner_id text?,
            is_target_account boolean?, created_at instant?
            """,
        ),
        _table(
            "owner",
            "owner_id",
            """
            owner_id text, owner_name text?, team text?, manager_id text?, is_active boolean,
            last_login_at instant?
            """,
        ),
        _table(
            "person",
            "person_id",
            """
            person_id text, account_id text?, full_name text?, email text?, title text?,
            department text?, seniority text?, country text?, lead_channel text?,
            created_at instant, is_deleted boolean
            """,
        ),
        _table(
            "person_stage_history",
            "person_id stage entered_at",
            """
            person_id text, stage text LEAD|MQL|SAL|SQL|REJECTED, entered_at instant
            """,
        ),
        _table(
            "opportunity",
            "opportunity_id",
            """
            opportunity_id text, account_id text?, owner_id text?, opportunity_name text?,
            opportunity_type text new_business|expansion|renewal|winback, currency text,
            amount decimal?, renewal_base_currency text?, renewal_base_amount decimal?,
            renewal_due_date date?, created_at instant, close_date date?, stage text,
            is_closed boolean, is_won boolean, probability_pct integer?,
            forecast_category text? Pipeline|BestCase|Commit|Closed|Omitted, lost_reason text?,
            next_step text?, is_deleted boolean
            """,
        ),
        _table(
            "opportunity_stage_history",
            "opportunity_id seq",
            """
            opportunity_id text, seq integer, stage text, amount decimal?,
            probability_pct integer?, close_date date?, forecast_category text?,
            entered_at instant
            """,
        ),
        _table(
            "opportunity_contact_role",
            "opportunity_id person_id",
            """
            opportunity_id text, person_id text, is_primary boolean
            """,
        ),
        _table(
            "subscription_item",
            "item_version_id",
            """
            item_version_id text, subscription_id text, account_id text?, product_id text?,
            status text, currency text, unit_amount price, quantity integer?,
            billing_interval text, interval_count integer, discount_pct rate,
            discount_kind text none|forever|finite, usage_type text, valid_from instant,
            valid_to instant?, change_reason text?
            """,
        ),
        _table(
            "fx_rate",
            "rate_type from_currency to_currency rate_date",
            """
            rate_type text spot|plan, from_currency text, to_currency text, rate_date date,
            rate rate
            """,
        ),
        _table(
            "invoice",
            "invoice_id",
            """
            invoice_id text, document_type text invoice|credit_note, account_id text?,
            currency text, status text, issued_at instant?, tax decimal?
            """,
        ),
        _table(
            "invoice_line",
            "invoice_line_id",
            """
            invoice_line_id text, invoice_id text,
            line_type text recurring|proration|one_time|usage|credit_note, amount decimal,
            period_start date?, period_end date?
            """,
        ),
        _table(
            "spend",
            "spend_id",
            """
            spend_id text, spend_date date, department text marketing|sales|customer_success,
            cost_type text media|program|tools|people, channel text?, campaign_id text?,
            currency text, amount decimal
            """,
        ),
        _table(
            "campaign_stat",
            "",
            """
            campaign_id text, stat_date date, channel text?, impressions integer?,
            clicks integer?, sends integer?, delivered integer?, unique_opens integer?,
            unique_clicks integer?, conversions integer?
            """,
        ),
        _table(
            "touch",
            "touch_id",
            """
            touch_id text, person_id text?, account_id text?, occurred_at instant, channel text?,
            campaign_id text?, touch_type text, is_marketing boolean
            """,
        ),
        _table(
            "activity",
            "activity_id",
            """
            activity_id text, activity_type text, direction text? inbound|outbound,
            person_id text?, account_id text?, opportunity_id text?, owner_id text?,
            occurred_at instant
            """,
        ),
        _table(
            "ticket",
            "ticket_id",
            """
            ticket_id text, account_id text?, requester_person_id text?, schedule_id text?,
            created_at instant, created_by text end_user|agent, priority text?,
            current_status text, merged_into_ticket_id text?, is_deleted boolean
            """,
        ),
        _table(
            "ticket_status_history",
            "ticket_id status entered_at",
            """
            ticket_id text, status text new|open|solved|closed|deleted, entered_at instant
            """,
        ),
        _table(
            "ticket_comment",
            "comment_id",
            """
            comment_id text, ticket_id text, author_role text agent|end_user, is_public boolean,
            created_at instant
            """,
        ),
        _table(
            "csat_response",
            "response_id",
            """
            response_id text, ticket_id text?, person_id text?, score integer,
            responded_at instant
            """,
        ),
        _table(
            "nps_response",
            "response_id",
            """
            response_id text, person_id text?, account_id text?, score integer,
            responded_at instant
            """,
        ),
        _table(
            "quota",
            "owner_id period",
            """
            owner_id text, period text, currency text, amount decimal
            """,
        ),
        _table(
            "forecast_snapshot",
            "snapshot_date period owner_id",
            """
            snapshot_date date, period text, owner_id text, currency text, amount decimal
            """,
        ),
        _table(
            "product_usage",
            "account_id usage_month",
            """
            account_id text, usage_month text, licensed_seats integer, active_users integer
            """,
        ),
        _table(
            "web_session",
            "session_id",
            """
            session_id text, person_id text?, account_id text?, started_at instant,
            channel text?, page_views integer, engagement_seconds integer, key_events integer
            """,
        ),
        _table(
            "business_schedule",
            "schedule_id weekday open_time",
            """
            schedule_id text, timezone text, weekday integer, open_time text, close_time text
            """,
        ),
        _table(
            "holiday",
            "schedule_id holiday_date",
            """
            schedule_id text, holiday_date date, holiday_name text?
            """,
        ),
    )
}
