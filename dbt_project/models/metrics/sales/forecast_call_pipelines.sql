with

forecast_snapshot as (

    select * from {{ ref('forecast_snapshot') }}
    where snapshot_date <= {{ policy('as_of_date') }}

),

versions as (

    select * from {{ ref('opportunity_versions') }}

),

owner_quotas as (

    select * from {{ ref('owner_quotas') }}

),

periods as (

    select * from {{ ref('policy_periods') }}

),

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

latest as (

    select max(snapshot_date) as snapshot_date from forecast_snapshot

),

-- As everything was recorded when that business day ended.
days as (

    select
        snapshot_date,
        least({{ business_day_start('(snapshot_date + 1)') }}, {{ policy('as_of') }}) as ended_at
    from latest
    where snapshot_date is not null

),

held as (

    select
        days.snapshot_date,
        versions.*
    from days
    inner join versions
        on {{ held_before('versions', 'days.ended_at') }}

),

valued as (

    select
        held.*,
        {{ converted('held.local_amount', 'rates.rate') }} as amount
    from held
    left join rates
        on {{ rate_on('rates', "'spot'", 'held.currency', 'held.snapshot_date') }}

),

targets as (

    select distinct
        forecast_snapshot.snapshot_date,
        periods.period as target_period,
        periods.first_date,
        periods.end_date
    from forecast_snapshot
    inner join days
        on forecast_snapshot.snapshot_date = days.snapshot_date
    inner join periods
        on forecast_snapshot.period = periods.period

),

quotas as (

    select
        period,
        sum(quota_amount) as quota_amount
    from owner_quotas
    group by period

),

measured as (

    select
        targets.snapshot_date,
        targets.target_period,
        quotas.quota_amount,
        {{ money_sum('valued.amount', 'valued.is_pipeline') }} as pipeline_value,
        {{ money_sum(
            'valued.amount_at_plan',
            'valued.is_pipeline'
            ~ ' and valued.close_date >= targets.first_date and valued.close_date < targets.end_date'
        ) }} as due_amount,
        {{ money_sum(
            'valued.amount_at_plan',
            'valued.is_won and valued.counts_toward_quota'
            ~ ' and valued.close_date >= targets.first_date and valued.close_date < targets.end_date'
        ) }} as won_amount
    from targets
    left join valued
        on targets.snapshot_date = valued.snapshot_date
    left join quotas
        on targets.target_period = quotas.period
    group by targets.snapshot_date, targets.target_period, quotas.quota_amount

),

remaining as (

    select
        *,
        quota_amount - won_amount as remaining_quota
    from measured

),

final as (

    select
        snapshot_date,
        target_period,
        pipeline_value,
        due_amount,
        quota_amount,
        won_amount,
        remaining_quota,
        case
            when remaining_quota > 0 then {{ ratio('due_amount', 'remaining_quota') }}
        end as coverage,
        case
            when quota_amount > 0 then {{ ratio('due_amount', 'quota_amount') }}
        end as coverage_of_total_quota
    from remaining

)

select * from final
