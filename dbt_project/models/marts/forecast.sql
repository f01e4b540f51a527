with

positions as (

    select * from {{ ref('forecast_positions') }}
    where
        is_latest
        and (is_this_quarter or is_next_quarter)
        and owner_or_all != '(all)'

),

targets as (

    select * from {{ ref('forecast_targets') }}

),

deals as (

    select deals.*
    from {{ ref('forecast_deals') }} as deals
    inner join targets
        on
            deals.snapshot_date = targets.snapshot_date
            and deals.period = targets.period
    where targets.is_latest

),

track_records as (

    select * from {{ ref('forecast_track_records') }}
    where is_best

),

owner as (

    select * from {{ ref('owner') }}

),

alike as (

    select
        period,
        owner_or_nobody,
        stage,
        stage_order,
        age_days,
        count(*) as deals,
        max(until_days) as until_days,
        max(chance) as chance,
        max(horizon_days) as horizon_days,
        max(cases) as cases,
        max(wins) as wins,
        {{ money_sum('expected_amount') }} as expected_amount
    from deals
    where chance is not null
    group by period, owner_or_nobody, stage, stage_order, age_days

),

explained as (

    select
        *,
        deals || ' in ' || stage || ' '
        || {{ days_in_words('age_days', 'until_days') }} || ': '
        || cast(round(chance * 100, 1) as varchar) || ' % each, '
        || {{ metric_text('expected_amount', 'money') }} || ' expected ('
        || wins || ' of ' || cases || ' such were won within ' || horizon_days || ' days)'
            as reason
    from alike

),

reasons as (

    select
        period,
        owner_or_nobody,
        {{ ordered_list('reason', 'expected_amount desc, stage_order desc, age_days') }} as reasons
    from explained
    group by period, owner_or_nobody

),

final as (

    select
        positions.period || ' ' || positions.owner_or_all as owner_period,
        positions.owner_id,
        owner.owner_name,
        owner.team,
        positions.period,
        targets.first_date,
        targets.end_date,
        positions.is_this_quarter,
        positions.snapshot_date as as_of_date,
        positions.quota_amount,
        positions.won_amount,
        positions.called_amount,
        positions.called_date,
        positions.commit_amount,
        positions.best_case_amount,
        positions.pipeline_amount,
        positions.weighted_amount,
        positions.baseline_amount,
        positions.baseline_low_amount,
        positions.baseline_high_amount,
        cast(positions.quota_amount - positions.baseline_amount as {{ money_type() }})
            as gap_amount,
        positions.open_count as open_opportunity_count,
        positions.unvalued_count as unvalued_opportunity_count,
        track_records.method as better_method,
        cast(track_records.accuracy as decimal(38, 10)) as better_method_accuracy,
        cast(coalesce(track_records.call_count, 0) as bigint) as measured_call_count,
        reasons.reasons,
        positions.baseline_version
    from positions
    inner join targets
        on
            positions.snapshot_date = targets.snapshot_date
            and positions.period = targets.period
    left join owner
        on positions.owner_id = owner.owner_id
    left join track_records
        on positions.owner_or_all = track_records.owner_or_all
    left join reasons
        on
            positions.period = reasons.period
            and positions.owner_or_all = reasons.owner_or_nobody

)

select * from final
