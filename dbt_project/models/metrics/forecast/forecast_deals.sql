with

versions as (

    select * from {{ ref('opportunity_versions') }}
    where counts_toward_quota

),

days as (

    select * from {{ ref('forecast_days') }}

),

targets as (

    select * from {{ ref('forecast_targets') }}

),

chances as (

    select * from {{ ref('forecast_chances') }}

),

ages as (
    {{ forecast_ages() }}

),

since as (

    select
        *,
        max(case when is_arrival then valid_from end) over (
            partition by opportunity_id order by valid_from, seq
        ) as stage_entered_at
    from versions

),

held as (

    select
        days.snapshot_date,
        since.*,
        {{ microseconds('days.ended_at') }} - {{ microseconds('since.stage_entered_at') }}
            as in_stage_us
    from days
    inner join since
        on {{ held_before('since', 'days.ended_at') }}
    where since.is_open

),

-- What is said of a stage is what most of its deals have; where as many have another, the lower.
told as (

    select
        snapshot_date,
        stage,
        probability_pct,
        row_number() over (
            partition by snapshot_date, stage order by count(*) desc, probability_pct asc
        ) as place
    from held
    where probability_pct is not null
    group by snapshot_date, stage, probability_pct

),

aged as (

    select
        held.*,
        ages.age_days,
        told.probability_pct as stage_probability_pct
    from held
    inner join ages
        on
            ages.age_days * {{ day_us() }} <= held.in_stage_us
            and (
                ages.until_days is null or ages.until_days * {{ day_us() }} > held.in_stage_us
            )
    left join told
        on
            held.snapshot_date = told.snapshot_date
            and held.stage = told.stage
            and told.place = 1

),

expected as (

    select
        targets.forecast_target,
        targets.period,
        aged.*,
        coalesce({{ closes_in('aged', 'targets') }}, false) as is_due,
        chances.until_days,
        chances.chance,
        chances.horizon_days,
        chances.cases,
        chances.wins
    from targets
    inner join aged
        on targets.snapshot_date = aged.snapshot_date
    left join chances
        on
            targets.snapshot_date = chances.snapshot_date
            and targets.period = chances.period
            and aged.stage = chances.stage
            and aged.age_days = chances.age_days

),

final as (

    select
        forecast_target || ' ' || opportunity_id as forecast_deal,
        snapshot_date,
        period,
        opportunity_id,
        account_id,
        owner_id,
        coalesce(owner_id, '') as owner_or_nobody,
        stage,
        stage_order,
        {{ as_days('in_stage_us') }} as days_in_stage,
        age_days,
        until_days,
        forecast_category,
        close_date,
        is_due,
        is_pipeline,
        currency,
        local_amount,
        amount_at_plan,
        probability_pct,
        stage_probability_pct,
        chance,
        horizon_days,
        cases,
        wins,
        {{ as_money('amount_at_plan * chance') }} as expected_amount,
        case
            when is_due and is_pipeline then {{ at_percent('amount_at_plan', 'probability_pct') }}
        end as weighted_amount,
        case
            when is_due and is_pipeline
                then {{ at_percent('amount_at_plan', 'stage_probability_pct') }}
        end as stage_weighted_amount
    from expected

)

select * from final
