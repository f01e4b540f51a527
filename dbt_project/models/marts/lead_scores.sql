with

scores as (

    select * from {{ ref('lead_score_totals') }}

),

propensities as (

    select * from {{ ref('lead_propensities') }}
    where is_published

),

final as (

    select
        scores.person_id,
        scores.account_id,
        scores.as_of,
        scores.attribute_points,
        scores.behaviour_points,
        scores.total_points,
        scores.grade,
        scores.is_mql,
        scores.first_mql_at,
        scores.first_mql_rules_version,
        scores.rules_version,
        scores.reasons,
        propensities.probability as propensity,
        {{ known_texts('propensities.reasons') }} as propensity_reasons,
        propensities.model_version as propensity_model_version
    from scores
    left join propensities
        on scores.person_id = propensities.person_id

)

select * from final
