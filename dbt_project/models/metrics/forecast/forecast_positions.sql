with

targets as (

    select * from {{ ref('forecast_targets') }}

),

deals as (

    select * from {{ ref('forecast_deals') }}

),

versions as (

    select * from {{ ref('opportunity_versions') }}
    where is_won and counts_toward_quota

),

owner_quotas as (

    select
        *,
        coalesce(owner_id, '') as owner_or_nobody
    from {{ ref('owner_quotas') }}

),

calls as (

    select
        *,
        coalesce(owner_id, '') as owner_or_nobody
    from {{ ref('forecast_owners') }}

),

conversions as (

    select * from {{ ref('stage_age_conversions') }}

),

ranges as (

    select * from {{ ref('forecast_ranges') }}

),

won as (

    select
        targets.snapshot_date,
        targets.period,
        coalesce(versions.owner_id, '') as owner_or_nobody,
        {{ money_sum('versions.amount_at_plan') }} as won_amount
    from targets
    inner join versions
        on
            {{ held_before('versions', 'targets.ended_at') }}
            and {{ closes_in('versions', 'targets') }}
    group by targets.snapshot_date, targets.period, coalesce(versions.owner_id, '')

),

open_amounts as (

    select
        snapshot_date,
        period,
        owner_or_nobody,
        count(*) as open_count,
        count(*) filter (where amount_at_plan is null) as unvalued_count,
        {{ money_sum('amount_at_plan', "is_due and forecast_category = 'Commit'") }}
            as in_commit_amount,
        {{ money_sum('amount_at_plan', "is_due and forecast_category = 'BestCase'") }}
            as in_best_case_amount,
        {{ money_sum('amount_at_plan', 'is_due and is_pipeline') }} as due_amount,
        {{ money_sum('weighted_amount') }} as weighted_amount,
        {{ money_sum('stage_weighted_amount') }} as stage_weighted_amount,
        {{ money_sum('expected_amount') }} as expected_amount
    from deals
    group by snapshot_date, period, owner_or_nobody

),

-- What an owner said last of the period, up to the day.
called as (

    select
        targets.snapshot_date,
        targets.period,
        calls.owner_or_nobody,
        max(calls.snapshot_date) as called_date
    from targets
    inner join calls
        on
            targets.period = calls.period
            and targets.snapshot_date >= calls.snapshot_date
    group by targets.snapshot_date, targets.period, calls.owner_or_nobody

),

called_amounts as (

    select
        called.*,
        calls.forecast_amount as called_amount
    from called
    inner join calls
        on
            called.called_date = calls.snapshot_date
            and called.period = calls.period
            and called.owner_or_nobody = calls.owner_or_nobody

),

owners as (

    select
        snapshot_date,
        period,
        owner_or_nobody
    from won

    union

    select
        snapshot_date,
        period,
        owner_or_nobody
    from open_amounts

    union

    select
        snapshot_date,
        period,
        owner_or_nobody
    from called

    union

    select
        targets.snapshot_date,
        targets.period,
        owner_quotas.owner_or_nobody
    from targets
    inner join owner_quotas
        on targets.period = owner_quotas.period

),

by_owner as (

    select
        owners.snapshot_date,
        owners.period,
        owners.owner_or_nobody as owner_or_all,
        nullif(owners.owner_or_nobody, '') as owner_id,
        owner_quotas.quota_amount,
        owner_quotas.won_amount as actual_amount,
        called_amounts.called_date,
        called_amounts.called_amount,
        coalesce(open_amounts.open_count, 0) as open_count,
        coalesce(open_amounts.unvalued_count, 0) as unvalued_count,
        won.won_amount,
        open_amounts.in_commit_amount,
        open_amounts.in_best_case_amount,
        open_amounts.due_amount,
        open_amounts.weighted_amount,
        open_amounts.stage_weighted_amount,
        open_amounts.expected_amount
    from owners
    left join won
        on
            owners.snapshot_date = won.snapshot_date
            and owners.period = won.period
            and owners.owner_or_nobody = won.owner_or_nobody
    left join open_amounts
        on
            owners.snapshot_date = open_amounts.snapshot_date
            and owners.period = open_amounts.period
            and owners.owner_or_nobody = open_amounts.owner_or_nobody
    left join called_amounts
        on
            owners.snapshot_date = called_amounts.snapshot_date
            and owners.period = called_amounts.period
            and owners.owner_or_nobody = called_amounts.owner_or_nobody
    left join owner_quotas
        on
            owners.period = owner_quotas.period
            and owners.owner_or_nobody = owner_quotas.owner_or_nobody

),

everybody as (

    select
        targets.snapshot_date,
        targets.period,
        '(all)' as owner_or_all,
        cast(null as varchar) as owner_id,
        sum(by_owner.quota_amount) as quota_amount,
        sum(by_owner.actual_amount) as actual_amount,
        max(by_owner.called_date) as called_date,
        sum(by_owner.called_amount) as called_amount,
        coalesce(sum(by_owner.open_count), 0) as open_count,
        coalesce(sum(by_owner.unvalued_count), 0) as unvalued_count,
        sum(by_owner.won_amount) as won_amount,
        sum(by_owner.in_commit_amount) as in_commit_amount,
        sum(by_owner.in_best_case_amount) as in_best_case_amount,
        sum(by_owner.due_amount) as due_amount,
        sum(by_owner.weighted_amount) as weighted_amount,
        sum(by_owner.stage_weighted_amount) as stage_weighted_amount,
        sum(by_owner.expected_amount) as expected_amount
    from targets
    left join by_owner
        on
            targets.snapshot_date = by_owner.snapshot_date
            and targets.period = by_owner.period
    group by targets.snapshot_date, targets.period

),

every_row as (

    select * from by_owner

    union all

    select * from everybody

),

-- On a day on which no deal had been seen long enough, there is no baseline.
forecastable as (

    select distinct snapshot_date from conversions
    where won_share is not null

),

filled as (

    select
        targets.forecast_target,
        targets.ended_at,
        targets.is_latest,
        targets.is_this_quarter,
        targets.is_next_quarter,
        targets.is_called,
        targets.has_ended,
        every_row.snapshot_date,
        every_row.period,
        every_row.owner_or_all,
        every_row.owner_id,
        every_row.called_date,
        every_row.called_amount,
        every_row.quota_amount,
        cast(every_row.open_count as bigint) as open_count,
        cast(every_row.unvalued_count as bigint) as unvalued_count,
        coalesce(every_row.actual_amount, 0) as actual_amount,
        coalesce(every_row.won_amount, 0) as won_amount,
        coalesce(every_row.in_commit_amount, 0) as in_commit_amount,
        coalesce(every_row.in_best_case_amount, 0) as in_best_case_amount,
        coalesce(every_row.due_amount, 0) as due_amount,
        coalesce(every_row.weighted_amount, 0) as weighted_amount,
        coalesce(every_row.stage_weighted_amount, 0) as stage_weighted_amount,
        coalesce(every_row.expected_amount, 0) as expected_amount,
        coalesce(ranges.low_amount, 0) as low_amount,
        coalesce(ranges.high_amount, 0) as high_amount,
        forecastable.snapshot_date is not null as is_forecastable
    from every_row
    inner join targets
        on
            every_row.snapshot_date = targets.snapshot_date
            and every_row.period = targets.period
    left join ranges
        on
            every_row.snapshot_date = ranges.snapshot_date
            and every_row.period = ranges.period
            and every_row.owner_or_all = ranges.owner_or_all
    left join forecastable
        on every_row.snapshot_date = forecastable.snapshot_date

),

summed as (

    select
        *,
        cast(won_amount + expected_amount as {{ money_type() }}) as reckoned_amount,
        cast(least(low_amount, expected_amount) as {{ money_type() }}) as lowest_amount,
        cast(greatest(high_amount, expected_amount) as {{ money_type() }}) as highest_amount
    from filled

),

final as (

    select
        forecast_target || ' ' || owner_or_all as forecast_position,
        snapshot_date,
        ended_at,
        period,
        owner_or_all,
        owner_id,
        is_latest,
        is_this_quarter,
        is_next_quarter,
        is_called,
        has_ended,
        cast(quota_amount as {{ money_type() }}) as quota_amount,
        cast(actual_amount as {{ money_type() }}) as actual_amount,
        cast(won_amount as {{ money_type() }}) as won_amount,
        called_date,
        cast(called_amount as {{ money_type() }}) as called_amount,
        cast(won_amount + in_commit_amount as {{ money_type() }}) as commit_amount,
        cast(won_amount + in_commit_amount + in_best_case_amount as {{ money_type() }})
            as best_case_amount,
        cast(won_amount + due_amount as {{ money_type() }}) as pipeline_amount,
        cast(won_amount + weighted_amount as {{ money_type() }}) as weighted_amount,
        cast(won_amount + stage_weighted_amount as {{ money_type() }}) as stage_weighted_amount,
        case when is_forecastable then reckoned_amount end as baseline_amount,
        cast(
            case when is_forecastable then won_amount + {{ as_money('lowest_amount') }} end
            as {{ money_type() }}
        ) as baseline_low_amount,
        cast(
            case when is_forecastable then won_amount + {{ as_money('highest_amount') }} end
            as {{ money_type() }}
        ) as baseline_high_amount,
        {{ baseline_version() }} as baseline_version,
        open_count,
        unvalued_count
    from summed

)

select * from final
