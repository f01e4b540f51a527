with

conversions as (

    select * from {{ ref('stage_age_conversions') }}

),

targets as (

    select * from {{ ref('forecast_targets') }}

),

risen as (

    select
        *,
        won_share - lag(won_share, 1, 0) over (
            partition by snapshot_date, stage, age_days order by horizon_days
        ) as rise,
        cast(from_days as bigint) * {{ day_us() }} as from_us,
        cast(horizon_days as bigint) * {{ day_us() }} as until_us
    from conversions

),

-- Wins are spread evenly between two horizons, and none is expected after the last one.
reached as (

    select
        targets.forecast_target,
        targets.snapshot_date,
        targets.period,
        risen.stage,
        risen.age_days,
        risen.until_days,
        risen.horizon_days,
        risen.cases,
        risen.wins,
        risen.stage_cases,
        risen.stage_wins,
        risen.rise,
        risen.from_us,
        risen.until_us,
        greatest(
            least(risen.until_us, targets.ends_in_us)
            - greatest(risen.from_us, targets.starts_in_us),
            0
        ) as within_us,
        row_number() over (
            partition by targets.forecast_target, risen.stage, risen.age_days
            order by
                risen.until_us >= targets.ends_in_us desc,
                abs(risen.until_us - targets.ends_in_us) asc
        ) as nearness
    from targets
    inner join risen
        on targets.snapshot_date = risen.snapshot_date

),

measured as (

    select
        *,
        {{ ten_places(
            rounded_quotient('(' ~ whole('rise', 10) ~ ' * within_us)', '(until_us - from_us)')
        ) }} as part
    from reached

),

final as (

    select
        forecast_target || ' ' || stage || ' ' || age_days as forecast_chance,
        snapshot_date,
        period,
        stage,
        age_days,
        max(until_days) as until_days,
        cast(sum(part) as decimal(18, 10)) as chance,
        max(horizon_days) filter (where nearness = 1) as horizon_days,
        max(cases) filter (where nearness = 1) as cases,
        max(wins) filter (where nearness = 1) as wins,
        max(stage_cases) filter (where nearness = 1) as stage_cases,
        max(stage_wins) filter (where nearness = 1) as stage_wins
    from measured
    group by forecast_target, snapshot_date, period, stage, age_days

)

select * from final
