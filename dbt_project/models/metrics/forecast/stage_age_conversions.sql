with

versions as (

    select * from {{ ref('opportunity_versions') }}
    where counts_toward_quota

),

days as (

    select * from {{ ref('forecast_days') }}

),

stages as (

    select * from {{ ref('sales_stages') }}
    where is_open

),

ages as (
    {{ forecast_ages() }}

),

horizons as (
    {{ forecast_horizons() }}

),

visits as (

    select
        opportunity_id,
        stage,
        is_open,
        valid_from as entered_at,
        lead(valid_from, 1, {{ last_instant() }}) over (
            partition by opportunity_id order by valid_from, seq
        ) as left_at
    from versions
    where is_arrival

),

-- Whoever stays in a stage until an age is seen once more from there.
seen as (

    select
        visits.opportunity_id,
        visits.stage,
        ages.age_days,
        {{ days_after('visits.entered_at', 'ages.age_days') }} as seen_at
    from visits
    cross join ages
    where visits.is_open and {{ days_after('visits.entered_at', 'ages.age_days') }} < visits.left_at

),

-- Only once the horizon is over do we know, of deals that are still open too: those that close fast
-- would speak for all others otherwise.
known as (

    select
        seen.opportunity_id,
        seen.stage,
        seen.age_days,
        horizons.horizon_days,
        {{ days_after('seen.seen_at', 'horizons.horizon_days') }} as known_at
    from seen
    cross join horizons

),

wins as (

    select
        opportunity_id,
        valid_from,
        valid_to
    from versions
    where is_won

),

-- A win that has been reversed by then is none.
counted as (

    select
        days.snapshot_date,
        known.stage,
        known.age_days,
        known.horizon_days,
        count(*) as cases,
        count(wins.opportunity_id) as wins
    from known
    inner join days
        on
            known.known_at > days.former_ended_at
            and known.known_at <= days.ended_at
    left join wins
        on
            known.opportunity_id = wins.opportunity_id
            and {{ held_before('wins', 'known.known_at') }}
    group by days.snapshot_date, known.stage, known.age_days, known.horizon_days

),

every_case as (

    select
        days.snapshot_date,
        days.ended_at,
        stages.stage,
        ages.age_days,
        ages.until_days,
        horizons.from_days,
        horizons.horizon_days,
        coalesce(counted.cases, 0) as cases,
        coalesce(counted.wins, 0) as wins
    from days
    cross join stages
    cross join ages
    cross join horizons
    left join counted
        on
            days.snapshot_date = counted.snapshot_date
            and stages.stage = counted.stage
            and ages.age_days = counted.age_days
            and horizons.horizon_days = counted.horizon_days

),

summed as (

    select
        snapshot_date,
        stage,
        age_days,
        until_days,
        from_days,
        horizon_days,
        cast(sum(cases) over up_to_the_day as bigint) as cases,
        cast(sum(wins) over up_to_the_day as bigint) as wins
    from every_case
    window up_to_the_day as (
        partition by stage, age_days, horizon_days order by ended_at
    )

),

pooled as (

    select
        *,
        cast(sum(cases) over of_the_stage as bigint) as stage_cases,
        cast(sum(wins) over of_the_stage as bigint) as stage_wins,
        cast(sum(cases) over of_all as bigint) as all_cases,
        cast(sum(wins) over of_all as bigint) as all_wins
    from summed
    window
        of_the_stage as (partition by snapshot_date, horizon_days, stage),
        of_all as (partition by snapshot_date, horizon_days)

),

overall as (

    select
        *,
        case
            when all_cases >= {{ var('forecast')['least_cases'] }}
                then {{ ratio('all_wins', 'all_cases', places=0) }}
        end as overall_share
    from pooled

),

by_stage as (

    select
        *,
        {{ pulled_towards('stage_wins', 'stage_cases', 'overall_share') }} as stage_share
    from overall

),

by_age as (

    select
        *,
        {{ pulled_towards('wins', 'cases', 'stage_share') }} as share
    from by_stage

),

-- Longer horizons are known of fewer deals; more time cannot mean fewer wins.
final as (

    select
        cast(snapshot_date as varchar) || ' ' || stage || ' ' || age_days || ' ' || horizon_days
            as stage_age_conversion,
        snapshot_date,
        stage,
        age_days,
        until_days,
        from_days,
        horizon_days,
        cases,
        wins,
        stage_cases,
        stage_wins,
        all_cases,
        all_wins,
        {{ ratio('wins', 'cases', places=0) }} as observed_share,
        share as smoothed_share,
        max(share) over (
            partition by snapshot_date, stage, age_days order by horizon_days
        ) as won_share
    from by_age

)

select * from final
