"""Makes the canonical tables of a company of any size, set-wise: the same arguments, the same rows.

python -m benchmarks.modelling.company --scale 0.1 --to benchmarks/.data/company.duckdb
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

from warehouse.canonical_tables import SQL_TYPES, TABLES
from warehouse.connection import quoted

# The business's midnight in Tokyo at which everything ends; 24 months are told of.
AS_OF = "2026-06-30T15:00:00Z"
MONTHS = 24
DAYS = 730

# Rows at scale 1. Versions, lines and entries come on top of what they belong to.
ROWS = {
    "account": 100_000,
    "person": 1_000_000,
    "opportunity": 300_000,
    "subscription": 200_000,
    "invoice": 800_000,
    "touch": 5_000_000,
    "web_session": 1_000_000,
    "activity": 1_000_000,
    "ticket": 200_000,
    "nps_response": 100_000,
    "owner": 500,
    "campaign": 300,
}

MACROS = (
    # A number from 0 up to 1 that row `i` has for a purpose.
    "chance(i, purpose) as (hash(i, purpose) >> 11) / 9007199254740992.0",
    # One of n, all alike; or the first ones far more often than the last.
    "any_of(i, purpose, n) as cast(hash(i, purpose) % n as bigint)",
    "mostly_first(i, purpose, n) as cast(floor(n * pow(chance(i, purpose), 2)) as bigint)",
    "word(i, purpose, list) as list[1 + any_of(i, purpose, len(list))]",
    "frequent(i, purpose, list) as list[1 + mostly_first(i, purpose, len(list))]",
    # As long as the product's own ids.
    "id(prefix, i) as prefix || '_' || format('{:016x}', hash(i, prefix))",
    f"back(seconds) as timestamptz '{AS_OF}' - to_seconds(cast(seconds as bigint))",
    f"instant(i, purpose) as back(chance(i, purpose) * {DAYS} * 86400)",
    "business_date(moment) as cast(moment at time zone 'Asia/Tokyo' as date)",
    "share_of(amount, share) as round(cast(amount * share as decimal(18, 4)), 2)",
)

_CHANNELS = """[
    'direct', 'organic_search', 'paid_search', 'email', 'paid_social', 'referral', 'webinar',
    'trade_show', 'display', 'other'
]"""

# Each is `insert by name` into its table; `{rows}` of ROWS by their names, at the scale asked for.
_TABLES = {
    "owner": """
        select
            id('own', i) as owner_id, 'Owner ' || i as owner_name,
            word(i, 'team', ['JP Sales', 'EMEA Sales', 'US Sales', 'SDR', 'CS']) as team,
            case when i >= {owner} // 10 then id('own', i % ({owner} // 10 + 1)) end as manager_id,
            chance(i, 'active') < 0.9 as is_active,
            back(chance(i, 'login') * 90 * 86400) as last_login_at
        from range({owner}) as t (i)
    """,
    "account": """
        select
            id('acc', i) as account_id, 'Company ' || i as account_name,
            'company' || i || '.example' as domain,
            frequent(i, 'country', ['JP', 'US', 'DE', 'GB', 'FR', 'SG']) as country,
            word(i, 'industry', ['software', 'retail', 'finance', 'health', 'energy', 'media'])
                as industry,
            10 + cast(20000 * pow(chance(i, 'size'), 6) as integer) as employee_count,
            frequent(i, 'segment', ['SMB', 'Mid-Market', 'Enterprise', 'Strategic']) as segment,
            frequent(i, 'currency', ['USD', 'JPY', 'EUR']) as billing_currency,
            id('own', any_of(i, 'owner', {owner})) as owner_id,
            chance(i, 'target') < 0.1 as is_target_account,
            back(chance(i, 'created') * 3 * 365 * 86400) as created_at
        from range({account}) as t (i)
    """,
    "person": """
        select
            id('per', i) as person_id,
            case
                when chance(i, 'employed') < 0.95
                    then id('acc', mostly_first(i, 'account', {account}))
            end as account_id,
            'Person ' || i as full_name, 'p' || i || '@company.example' as email,
            word(i, 'title', ['CEO', 'Manager', 'Engineer', 'Buyer', null]) as title,
            word(i, 'department', ['sales', 'it', 'finance', null]) as department,
            word(i, 'seniority', ['executive', 'manager', 'staff', null]) as seniority,
            'JP' as country, frequent(i, 'channel', {channels}) as lead_channel,
            back(chance(i, 'created') * 900 * 86400) as created_at,
            chance(i, 'deleted') < 0.02 as is_deleted
        from range({person}) as t (i)
    """,
    "person_stage_history": """
        select
            id('per', i) as person_id, stage,
            back(
                chance(i, 'created') * 900 * 86400
                * (1 - step * (0.2 + chance(i, 'pace') * 0.8) / 8)
            ) as entered_at
        from range({person}) as t (i)
        inner join
            (values ('LEAD', 0, 1), ('MQL', 1, 0.4), ('SAL', 2, 0.25), ('SQL', 3, 0.15),
            ('REJECTED', 4, 0.05), ('MQL', 5, 0.02)) as stages (stage, step, share)
            on chance(i, 'depth') < share
    """,
    "opportunity": """
        select
            id('opp', i) as opportunity_id, id('acc', a) as account_id,
            id('own', any_of(i, 'owner', {owner})) as owner_id,
            'Opportunity ' || i as opportunity_name, kind as opportunity_type, currency,
            case when chance(i, 'priced') < 0.97 then amount end as amount,
            case when kind = 'renewal' then currency end as renewal_base_currency,
            case when kind = 'renewal' then share_of(amount, 0.9) end as renewal_base_amount,
            case when kind = 'renewal' then close_date end as renewal_due_date,
            created_at, close_date,
            case
                when not is_closed then word(i, 'stage', ['Discovery', 'Qualification', 'Proposal'])
                when is_won then 'Closed Won' else 'Closed Lost'
            end as stage,
            is_closed, is_closed and is_won as is_won,
            case when not is_closed then 10 + any_of(i, 'probability', 80) when is_won
                then 100 else 0 end
                as probability_pct,
            case
                when is_closed then 'Closed'
                else frequent(i, 'category', ['Pipeline', 'BestCase', 'Commit', 'Omitted'])
            end as forecast_category,
            case when is_closed and not is_won then word(i, 'lost', ['price', 'timing', null]) end
                as lost_reason,
            word(i, 'next', ['call', 'meet', null]) as next_step,
            chance(i, 'deleted') < 0.01 as is_deleted
        from opportunities
    """,
    "opportunity_stage_history": """
        select
            id('opp', i) as opportunity_id, step as seq,
            case
                when step < 5 or not is_closed
                    then ['Discovery', 'Qualification', 'Proposal', 'Negotiation', 'Proposal'][step]
                when is_won then 'Closed Won' else 'Closed Lost'
            end as stage,
            amount, 20 * step as probability_pct,
            cast(close_date + cast(any_of(i, 'slip', 30) * (5 - step) as integer) as date)
                as close_date,
            case
                when step = 5 and is_closed then 'Closed'
                else ['Pipeline', 'Pipeline', 'BestCase', 'Commit', 'BestCase'][step]
            end as forecast_category,
            created_at + to_seconds(cast(days * 86400 * (step - 1) / 4 as bigint)) as entered_at
        from opportunities, range(1, 6) as steps (step)
        where created_at + to_seconds(cast(days * 86400 * (step - 1) / 4 as bigint)) < back(0)
    """,
    "opportunity_contact_role": """
        select
            id('opp', i) as opportunity_id,
            id('per', any_of(i + place, 'person', {person})) as person_id,
            place = 0 as is_primary
        from range({opportunity}) as t (i), range(2) as places (place)
        where place = 0 or chance(i, 'second') < 0.5
    """,
    "subscription_item": """
        select
            id('siv', i * 4 + version) as item_version_id, id('sub', i) as subscription_id,
            id('acc', a) as account_id,
            frequent(i, 'product', ['CORE', 'SEAT', 'ANALYTICS', 'API', 'SUPPORT']) as product_id,
            case
                when version = 0 and chance(i, 'trial') < 0.2 then 'trialing'
                else frequent(i + version, 'status',
                    ['active', 'active', 'active', 'past_due', 'unpaid'])
            end as status,
            currency,
            cast(
                round((5 + any_of(i + version, 'price', 500)) * case currency when 'JPY'
                    then 150 else 1 end
                * case when yearly then 10 else 1 end, 0) as decimal(28, 12)
            ) as unit_amount,
            1 + mostly_first(i + version, 'quantity', 200) as quantity,
            case when yearly then 'year' else 'month' end as billing_interval,
            case when yearly or chance(i, 'quarterly') < 0.9 then 1 else 3 end as interval_count,
            case when chance(i + version, 'discount') < 0.2
                then 5 * (1 + any_of(i, 'pct', 8)) else 0 end
                as discount_pct,
            case
                when chance(i + version, 'discount') < 0.1 then 'forever'
                when chance(i + version, 'discount') < 0.2 then 'finite' else 'none'
            end as discount_kind,
            case when chance(i, 'metered') < 0.05 then 'metered' else 'licensed' end as usage_type,
            began_at + to_seconds(version * part) as valid_from,
            case
                when version < versions - 1 then began_at + to_seconds((version + 1) * part)
                when chance(i, 'ends') < 0.3 then began_at + to_seconds(versions * part)
            end as valid_to,
            case when version = 0 then 'start' else 'upgrade' end as change_reason
        from (
            select
                i, mostly_first(i, 'account', {account}) as a,
                2 + any_of(i, 'versions', 3) as versions, chance(i, 'yearly') < 0.4 as yearly,
                instant(i, 'began') as began_at,
                cast(
                    chance(i, 'began') * 730 * 86400 / (2 + any_of(i, 'versions', 3)) * 0.95
                        as bigint
                ) as part,
                frequent(mostly_first(i, 'account', {account}), 'currency', ['USD', 'JPY', 'EUR'])
                    as currency
            from range({subscription}) as t (i)
        ) as subscriptions, range(4) as counted (version)
        where version < versions
    """,
    "fx_rate": """
        select
            'spot' as rate_type, currency as from_currency, 'USD' as to_currency,
            cast(date '2023-12-31' + cast(day as integer) as date) as rate_date,
            cast(rate * (1 + chance(day, currency) / 20) as decimal(18, 8)) as rate
        from range(913) as days (day),
        (values ('EUR', 1.1), ('JPY', 0.0067)) as rates (currency, rate)
        union all by name
        select
            'plan' as rate_type, currency as from_currency, 'USD' as to_currency,
            cast(year || '-01-01' as date) as rate_date, rate
        from range(2024, 2027) as years (year),
            (values ('EUR', 1.1), ('JPY', 0.0067)) as rates (currency, rate)
    """,
    "invoice": """
        select
            id('inv', i) as invoice_id,
            case when chance(i, 'credit') < 0.03 then 'credit_note' else 'invoice' end
                as document_type,
            id('acc', mostly_first(i, 'account', {account})) as account_id,
            frequent(mostly_first(i, 'account', {account}), 'currency',
                ['USD', 'JPY', 'EUR']) as currency,
            frequent(i, 'status', ['paid', 'paid', 'open', 'void', 'uncollectible', 'draft'])
                as status,
            instant(i, 'issued') as issued_at, 10 as tax
        from range({invoice}) as t (i)
    """,
    "invoice_line": """
        select
            id('inl', i * 2 + line) as invoice_line_id, id('inv', i) as invoice_id,
            case
                when chance(i, 'credit') < 0.03 then 'credit_note'
                else frequent(i + line, 'type',
                    ['recurring', 'recurring', 'proration', 'one_time', 'usage'])
            end as line_type,
            any_of(i + line, 'amount', 100000) * case when chance(i, 'credit') < 0.03
                then -1 else 1 end
                as amount,
            case when chance(i, 'service') < 0.8 then business_date(instant(i, 'issued')) end
                as period_start,
            case
                when chance(i, 'service') < 0.8
                    then business_date(instant(i, 'issued')) + case when i % 3 = 0 then 365
                        else 30 end
            end as period_end
        from range({invoice}) as t (i), range(2) as lines (line)
        where line = 0 or chance(i, 'second') < 0.6
    """,
    "spend": """
        select
            id('spe', i * 1000 + day) as spend_id,
            cast(date '2024-07-01' + cast(day as integer) as date) as spend_date,
            'marketing' as department,
            'media' as cost_type, word(i, 'channel', {channels}) as channel,
            id('cmp', i) as campaign_id,
            frequent(i, 'currency', ['USD', 'JPY', 'EUR']) as currency,
            any_of(i * 1000 + day, 'amount', 50000) / 100 as amount
        from range({campaign}) as t (i), range(730) as days (day)
        union all by name
        select
            id('pay', month * 3 + department) as spend_id,
            cast(date '2024-07-01' + to_months(cast(month as integer)) as date) as spend_date,
            ['marketing', 'sales', 'customer_success'][1 + department] as department,
            'people' as cost_type, 'USD' as currency, 500000 as amount
        from range(24) as months (month), range(3) as departments (department)
    """,
    "campaign_stat": """
        select
            id('cmp', i) as campaign_id,
            cast(date '2024-07-01' + cast(day as integer) as date) as stat_date,
            word(i, 'channel', {channels}) as channel,
            any_of(i + day, 'impressions', 100000) as impressions,
            any_of(i + day, 'clicks', 1000) as clicks, any_of(i + day, 'sends', 5000) as sends,
            any_of(i + day, 'sends', 5000) as delivered,
            any_of(i + day, 'opens', 500) as unique_opens,
            any_of(i + day, 'unique clicks', 100) as unique_clicks,
            any_of(i + day, 'conversions', 20) as conversions
        from range({campaign}) as t (i), range(730) as days (day)
    """,
    "touch": """
        select
            id('tou', i) as touch_id, id('per', p) as person_id,
            case
                when chance(p, 'employed') < 0.95
                    then id('acc', mostly_first(p, 'account', {account}))
            end as account_id,
            instant(i, 'occurred') as occurred_at, frequent(i, 'channel', {channels}) as channel,
            case when chance(i, 'campaign') < 0.4
                then id('cmp', mostly_first(i, 'campaign', {campaign})) end
                as campaign_id,
            frequent(i, 'type', [
                'web_visit', 'email_click', 'form_submit', 'content_download', 'webinar_attended',
                'ad_click', 'unsubscribed'
            ]) as touch_type,
            chance(i, 'marketing') < 0.95 as is_marketing
        from (
            select i, mostly_first(i, 'person', {person}) as p from range({touch}) as t (i)
        ) as touching
    """,
    "activity": """
        select
            id('act', i) as activity_id, frequent(i, 'type', ['email', 'call', 'meeting', 'demo'])
                as activity_type,
            frequent(i, 'direction', ['outbound', 'inbound', null]) as direction,
            id('per', p) as person_id,
            case
                when chance(p, 'employed') < 0.95
                    then id('acc', mostly_first(p, 'account', {account}))
            end as account_id,
            case
                when chance(i, 'selling') < 0.4
                    then id('opp', any_of(i, 'opportunity', {opportunity}))
            end as opportunity_id,
            id('own', any_of(i, 'owner', {owner})) as owner_id,
            instant(i, 'occurred') as occurred_at
        from (
            select i, mostly_first(i, 'person', {person}) as p from range({activity}) as t (i)
        ) as acting
    """,
    "ticket": """
        select
            id('tic', i) as ticket_id,
            id('acc', mostly_first(i, 'account', {account})) as account_id,
            id('per', mostly_first(i, 'person', {person})) as requester_person_id,
            frequent(i, 'schedule', ['TYO', 'NYC', 'always', null]) as schedule_id,
            instant(i, 'created') as created_at,
            frequent(i, 'by', ['end_user', 'end_user', 'agent']) as created_by,
            word(i, 'priority', ['low', 'normal', 'high', 'urgent', null]) as priority,
            case when chance(i, 'solved') < 0.9 then 'closed' else 'open' end as current_status,
            case when chance(i, 'merged') < 0.02 then id('tic', i // 2) end
                as merged_into_ticket_id,
            chance(i, 'deleted') < 0.01 as is_deleted
        from range({ticket}) as t (i)
    """,
    "ticket_status_history": """
        select
            id('tic', i) as ticket_id, status,
            instant(i, 'created') + to_seconds(
                cast(place * (chance(i, 'hours') + 0.01) * 72 * 3600 as bigint)
            ) as entered_at
        from range({ticket}) as t (i)
        inner join
            (values ('new', 0, 1), ('open', 1, 1), ('solved', 2, 0.9), ('open', 3, 0.1),
            ('solved', 4, 0.1), ('closed', 5, 0.9)) as statuses (status, place, share)
            on chance(i, 'solved') < share
        where
            instant(i, 'created') + to_seconds(
                cast(place * (chance(i, 'hours') + 0.01) * 72 * 3600 as bigint)
            ) < back(0)
    """,
    "ticket_comment": """
        select
            id('com', i * 8 + place) as comment_id, id('tic', i) as ticket_id,
            case when place % 2 = 0 then 'end_user' else 'agent' end as author_role,
            chance(i * 8 + place, 'public') < 0.8 as is_public,
            instant(i, 'created') + to_seconds(
                cast(place * chance(i, 'answer') * 24 * 3600 as bigint)
            ) as created_at
        from range({ticket}) as t (i), range(6) as places (place)
        where place <= any_of(i, 'comments', 6)
    """,
    "csat_response": """
        select
            id('csa', i) as response_id, id('tic', i) as ticket_id,
            id('per', mostly_first(i, 'person', {person})) as person_id,
            frequent(i, 'score', [5, 4, 3, 2, 1]) as score,
            instant(i, 'created') + interval 6 day as responded_at
        from range({ticket}) as t (i)
        where chance(i, 'asked') < 0.3
    """,
    "nps_response": """
        select
            id('nps', i) as response_id,
            id('per', mostly_first(i, 'person', {person})) as person_id,
            id('acc', mostly_first(i, 'account', {account})) as account_id,
            any_of(i, 'score', 11) as score, instant(i, 'responded') as responded_at
        from range({nps_response}) as t (i)
    """,
    "quota": """
        select
            id('own', i) as owner_id, year || '-Q' || quarter as period,
            word(i, 'currency', ['USD', 'JPY', 'EUR']) as currency, 100000 as amount
        from range({owner}) as t (i), range(2024, 2027) as years (year),
        range(1, 5) as quarters (quarter)
        where chance(i, 'sells') < 0.8
    """,
    "forecast_snapshot": """
        select
            cast(date '2024-07-01' + cast(7 * week as integer) as date) as snapshot_date,
            year(snapshot_date) || '-Q' || quarter(snapshot_date) as period,
            id('own', i) as owner_id,
            word(i, 'currency', ['USD', 'JPY', 'EUR']) as currency,
            any_of(i * 200 + week, 'forecast', 100000) as amount
        from range({owner}) as t (i), range(104) as weeks (week)
        where chance(i, 'sells') < 0.8
    """,
    "product_usage": """
        select
            id('acc', i) as account_id,
            strftime(date '2024-07-01' + to_months(cast(month as integer)), '%Y-%m') as usage_month,
            1 + any_of(i, 'seats', 100) as licensed_seats,
            any_of(i + month, 'users', 100) as active_users
        from range({account} // 2) as t (i), range(24) as months (month)
    """,
    "web_session": """
        select
            id('ses', i) as session_id,
            case when chance(i, 'known') < 0.4 then id('per', p) end as person_id,
            case
                when chance(i, 'known') < 0.4 and chance(p, 'employed') < 0.95
                    then id('acc', mostly_first(p, 'account', {account}))
            end as account_id,
            instant(i, 'started') as started_at, frequent(i, 'channel', {channels}) as channel,
            1 + mostly_first(i, 'views', 20) as page_views,
            mostly_first(i, 'seconds', 1800) as engagement_seconds,
            case when chance(i, 'key') < 0.05 then 1 else 0 end as key_events
        from (
            select i, mostly_first(i, 'person', {person}) as p from range({web_session}) as t (i)
        ) as visiting
    """,
    "business_schedule": """
        select schedule_id, timezone, weekday, open_time, close_time
        from (values
            ('TYO', 'Asia/Tokyo', '09:00', '18:00'), ('NYC', 'America/New_York', '08:30', '17:30')
        ) as schedules (schedule_id, timezone, open_time, close_time), range(5) as days (weekday)
        union all by name
        select
            'always' as schedule_id, 'Etc/UTC' as timezone, weekday, '00:00' as open_time,
            '24:00' as close_time
        from range(7) as days (weekday)
    """,
    "holiday": """
        select
            'TYO' as schedule_id,
            cast(date '2024-07-15' + cast(31 * i as integer) as date) as holiday_date,
            '祝日' as holiday_name
        from range(24) as t (i)
    """,
}

# What an opportunity and its history tell alike.
_OPPORTUNITIES = """
    select
        *, business_date(created_at + to_seconds(cast(days * 86400 as bigint))) as close_date,
        is_over and chance(i, 'closed') < 0.9 as is_closed,
        chance(i, 'won') < 0.35 as is_won,
        share_of((500 + any_of(i, 'amount', 50000)) * case currency when 'JPY' then 150
            else 1 end, 1)
            as amount
    from (
        select
            i, mostly_first(i, 'account', {account}) as a, instant(i, 'created') as created_at,
            7 + chance(i, 'days') * 113 as days,
            chance(i, 'created') * 730 > 7 + chance(i, 'days') * 113 as is_over,
            frequent(i, 'kind', ['new_business', 'expansion', 'renewal', 'winback']) as kind,
            frequent(mostly_first(i, 'account', {account}), 'currency', ['USD', 'JPY', 'EUR'])
                as currency
        from range({opportunity}) as t (i)
    )
"""


def make(path: Path, scale: float = 1) -> dict[str, int]:
    """Write the 26 tables to a new database at `path`; the number of rows of each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    names = {name: max(20, round(count * scale)) for name, count in ROWS.items()}
    with duckdb.connect(path, config={"storage_compatibility_version": "v1.2.0"}) as connection:
        connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
        for macro in MACROS:
            connection.execute(f"create temp macro {macro}")
        connection.execute(f"create temp table opportunities as {_OPPORTUNITIES.format(**names)}")
        connection.execute("create schema canonical")
        counted = {}
        for name, table in TABLES.items():
            columns = ", ".join(f"{quoted(c.name)} {SQL_TYPES[c.kind]}" for c in table.columns)
            connection.execute(f"create table canonical.{name} ({columns})")
            rows = _TABLES[name].format(channels=_CHANNELS, **names)
            done = connection.execute(f"insert into canonical.{name} by name {rows}").fetchone()
            counted[name] = int(done[0]) if done else 0
        return counted


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--to", type=Path, required=True)
    asked = parser.parse_args()
    for name, count in make(asked.to, asked.scale).items():
        print(f"{name:28} {count:>10,}")


if __name__ == "__main__":
    main()
