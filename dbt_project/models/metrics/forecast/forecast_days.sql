with

forecast_snapshot as (

    select * from {{ ref('forecast_snapshot') }}
    where snapshot_date <= {{ policy('as_of_date') }}

),

quarters as (

    select * from {{ ref('policy_periods') }}
    where is_quarter and in_window and first_date <= {{ policy('as_of_date') }}

),

settings as (

    select * from {{ ref('policy_settings') }}

),

days as (

    select snapshot_date from forecast_snapshot

    union

    select first_date as snapshot_date from quarters

    union

    select as_of_date as snapshot_date from settings

),

-- As everything was recorded when that business day ended.
ended as (

    select
        days.snapshot_date,
        least({{ business_day_start('(days.snapshot_date + 1)') }}, settings.as_of) as ended_at,
        days.snapshot_date = settings.as_of_date as is_latest
    from days
    cross join settings

),

final as (

    select
        snapshot_date,
        ended_at,
        lag(ended_at, 1, {{ first_instant() }}) over (order by ended_at) as former_ended_at,
        is_latest
    from ended

)

select * from final
