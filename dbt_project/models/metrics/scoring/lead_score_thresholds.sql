with

observations as (

    select * from {{ ref('lead_observations') }}
    where is_evaluated

),

settings as (

    select
        scoring.*,
        least(
            coalesce(scoring.window_end_date, policy_settings.window_end_date),
            policy_settings.as_of_date + 1
        ) - coalesce(scoring.window_start_date, policy_settings.window_start_date) as days
    from {{ ref('scoring_settings') }} as scoring
    cross join {{ ref('policy_settings') }} as policy_settings

),

-- Every step that anybody's score lies above, and the threshold of today.
candidates as (

    select
        cast(floor(observations.total_points / settings.threshold_step) as bigint)
        * settings.threshold_step as threshold
    from observations
    cross join settings

    union distinct

    select min_total as threshold from settings

),

-- Whoever misses a threshold of one axis is no MQL at any total.
steps as (

    select
        observations.total_points as score,
        count(*) as mqls,
        count(*) filter (where observations.is_positive) as positives,
        false as is_candidate
    from observations
    cross join settings
    where
        observations.attribute_points >= settings.min_attribute
        and observations.behaviour_points >= settings.min_behaviour
    group by observations.total_points

    union all

    select
        cast(threshold as {{ points_type() }}) as score,
        0 as mqls,
        0 as positives,
        true as is_candidate
    from candidates

),

reached as (

    select
        score,
        is_candidate,
        sum(mqls) over (order by score desc range between unbounded preceding and current row)
            as mqls,
        sum(positives) over (order by score desc range between unbounded preceding and current row)
            as positives
    from steps

),

everybody as (

    select count(*) filter (where is_positive) as positives from observations

),

rated as (

    select
        reached.score as threshold,
        reached.mqls,
        reached.positives,
        {{ ratio('(reached.mqls * 7)', 'settings.days', places=0) }} as mqls_per_week,
        {{ ratio('reached.positives', 'reached.mqls', places=0) }} as positive_rate,
        {{ ratio('reached.positives', 'everybody.positives', places=0) }} as recall,
        reached.score = settings.min_total as is_present,
        settings.agreed_rate,
        settings.capacity_per_week
    from reached
    cross join everybody
    cross join settings
    where reached.is_candidate

),

judged as (

    select
        *,
        mqls > 0
        and coalesce(positive_rate >= agreed_rate, agreed_rate is null)
        and coalesce(mqls_per_week <= capacity_per_week, capacity_per_week is null) as is_acceptable
    from rated

),

final as (

    select
        cast(threshold as decimal(16, 4)) as threshold,
        cast(mqls as bigint) as mqls,
        cast(positives as bigint) as positives,
        mqls_per_week,
        positive_rate,
        recall,
        is_present,
        is_acceptable
        and threshold = min(threshold) filter (where is_acceptable) over ()
        and coalesce(agreed_rate, capacity_per_week) is not null as is_recommended
    from judged

)

select * from final
