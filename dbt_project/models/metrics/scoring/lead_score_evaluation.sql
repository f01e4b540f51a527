with

observations as (

    select * from {{ ref('lead_observations') }}
    where is_evaluated

),

settings as (

    select
        scoring.rules_version,
        scoring.label_stage,
        scoring.observation_days,
        coalesce(scoring.window_start_date, policy_settings.window_start_date)
            as window_start_date,
        coalesce(scoring.window_end_date, policy_settings.window_end_date) as window_end_date
    from {{ ref('scoring_settings') }} as scoring
    cross join {{ ref('policy_settings') }} as policy_settings

),

population as (

    select
        count(*) as leads,
        count(*) filter (where is_positive) as positives,
        (count(*) + 2) // 3 as top_third
    from observations

),

-- Of equal scores each has the mean of their ranks; doubled, so that it is whole.
ranked as (

    select
        is_positive,
        is_mql,
        2 * rank() over (order by total_points) + count(*) over (partition by total_points) - 1
            as doubled_rank,
        row_number() over (order by total_points desc, person_id asc) as place
    from observations

),

counted as (

    select
        coalesce(sum(ranked.doubled_rank) filter (where ranked.is_positive), 0)
            as positive_doubled_ranks,
        count(*) filter (where ranked.is_mql) as mqls,
        count(*) filter (where ranked.is_mql and ranked.is_positive) as mql_positives,
        count(*) filter (where ranked.is_positive and ranked.place <= population.top_third)
            as top_third_positives
    from ranked
    cross join population

),

final as (

    select
        settings.rules_version,
        settings.label_stage,
        settings.observation_days,
        settings.window_start_date,
        settings.window_end_date,
        population.leads,
        population.positives,
        counted.mqls,
        counted.mql_positives,
        {{ ratio(
            '(counted.positive_doubled_ranks - population.positives * (population.positives + 1))',
            '(2 * population.positives * (population.leads - population.positives))',
            places=0
        ) }} as auc,
        {{ ratio(
            '(counted.top_third_positives * population.leads)',
            '(population.top_third * population.positives)',
            places=0
        ) }} as lift_top_third,
        {{ ratio('counted.mql_positives', 'counted.mqls', places=0) }} as precision_at_threshold,
        {{ ratio('counted.mql_positives', 'population.positives', places=0) }}
            as recall_at_threshold
    from settings
    cross join population
    cross join counted

)

select * from final
