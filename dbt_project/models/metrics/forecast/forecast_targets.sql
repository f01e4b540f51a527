with

days as (

    select * from {{ ref('forecast_days') }}

),

forecast_snapshot as (

    select * from {{ ref('forecast_snapshot') }}

),

periods as (

    select * from {{ ref('policy_periods') }}

),

this_quarter as (

    select
        days.snapshot_date,
        days.is_latest,
        periods.period,
        periods.end_date
    from days
    inner join periods
        on
            {{ business_date('days.ended_at') }} >= periods.first_date
            and {{ business_date('days.ended_at') }} < periods.end_date
    where periods.is_quarter

),

-- Of days that have passed only the quarter at hand, and what owners committed to, is judged.
next_quarter as (

    select
        this_quarter.snapshot_date,
        periods.period
    from this_quarter
    inner join periods
        on this_quarter.end_date = periods.first_date
    where this_quarter.is_latest and periods.is_quarter

),

asked as (

    select
        snapshot_date,
        period,
        true as is_called,
        false as is_this_quarter,
        false as is_next_quarter
    from forecast_snapshot

    union all

    select
        snapshot_date,
        period,
        false as is_called,
        true as is_this_quarter,
        false as is_next_quarter
    from this_quarter

    union all

    select
        snapshot_date,
        period,
        false as is_called,
        false as is_this_quarter,
        true as is_next_quarter
    from next_quarter

),

targets as (

    select
        snapshot_date,
        period,
        bool_or(is_called) as is_called,
        bool_or(is_this_quarter) as is_this_quarter,
        bool_or(is_next_quarter) as is_next_quarter
    from asked
    group by snapshot_date, period

),

-- A period that began before the day is forecast from the day on.
timed as (

    select
        targets.*,
        days.ended_at,
        days.is_latest,
        periods.first_date,
        periods.end_date,
        {{ microseconds(business_day_start('periods.first_date')) }}
        - {{ microseconds('days.ended_at') }} as starts_in_us,
        {{ microseconds(business_day_start('periods.end_date')) }}
        - {{ microseconds('days.ended_at') }} as ends_in_us
    from targets
    inner join days
        on targets.snapshot_date = days.snapshot_date
    inner join periods
        on targets.period = periods.period

),

final as (

    select
        cast(snapshot_date as varchar) || ' ' || period as forecast_target,
        snapshot_date,
        ended_at,
        period,
        first_date,
        end_date,
        greatest(starts_in_us, 0) as starts_in_us,
        greatest(ends_in_us, 0) as ends_in_us,
        {{ business_day_start('end_date') }} <= {{ policy('as_of') }} as has_ended,
        is_called,
        is_this_quarter,
        is_next_quarter,
        is_latest
    from timed

)

select * from final
