with

observations as (

    select * from {{ ref('lead_observations') }}
    where is_evaluated

),

settings as (

    select * from {{ ref('scoring_settings') }}

),

placed as (

    select
        observations.is_positive,
        observations.total_points,
        cast(floor(observations.total_points / settings.band_points) as bigint)
        * settings.band_points as band_floor,
        settings.band_points
    from observations
    cross join settings

),

counted as (

    select
        band_floor,
        band_floor + band_points as band_end,
        count(*) as leads,
        count(*) filter (where is_positive) as positives
    from placed
    group by band_floor, band_points

),

rated as (

    select
        *,
        {{ ratio('positives', 'leads', places=0) }} as positive_rate
    from counted

),

final as (

    select
        band_floor,
        band_end,
        leads,
        positives,
        positive_rate,
        coalesce(positive_rate >= lag(positive_rate) over (order by band_floor), true)
            as is_in_order
    from rated

)

select * from final
