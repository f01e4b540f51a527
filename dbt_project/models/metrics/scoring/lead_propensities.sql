with

open_leads as (

    select * from {{ ref('lead_features') }}
    where not is_label_complete

),

parts as (

    select * from {{ ref('lead_propensity_parts') }}

),

fit as (

    select * from {{ ref('lead_propensity_fit') }}

),

evaluation as (

    select * from {{ ref('lead_propensity_evaluation') }}

),

base as (

    select
        item as model_version,
        value as log_odds
    from fit
    where part = 'base'

),

steps as (

    select
        cast(item as double) as from_log_odds,
        value as probability,
        slope
    from fit
    where part = 'step'

),

added as (

    select
        person_id,
        sum(contribution) as contribution,
        {{ ordered_list('reason', 'abs(contribution) desc, feature', 'abs(contribution) >= 0.05') }}
            as reasons
    from parts
    group by person_id

),

reckoned as (

    select
        open_leads.person_id,
        open_leads.observed_at,
        open_leads.label_ends_at,
        base.model_version,
        base.log_odds as base_log_odds,
        round(base.log_odds + coalesce(added.contribution, 0), 10) as log_odds,
        {{ known_texts('added.reasons') }} as reasons
    from open_leads
    cross join base
    left join added
        on open_leads.person_id = added.person_id

),

-- The last step at or below the log-odds, or the first of all.
stepped as (

    select
        reckoned.person_id,
        max(steps.from_log_odds) filter (where steps.from_log_odds <= reckoned.log_odds)
            as from_log_odds
    from reckoned
    cross join steps
    group by reckoned.person_id

),

calibrated as (

    select
        reckoned.*,
        coalesce(
            steps.probability + steps.slope * (reckoned.log_odds - steps.from_log_odds),
            (select min(all_steps.probability) from steps as all_steps),
            1 / (1 + exp(-reckoned.log_odds))
        ) as probability
    from reckoned
    left join stepped
        on reckoned.person_id = stepped.person_id
    left join steps
        on stepped.from_log_odds = steps.from_log_odds

),

final as (

    select
        calibrated.person_id,
        calibrated.observed_at,
        calibrated.label_ends_at,
        cast(round(calibrated.probability, 10) as {{ points_type() }}) as probability,
        calibrated.base_log_odds,
        calibrated.log_odds,
        calibrated.reasons,
        calibrated.model_version,
        evaluation.label_stage,
        evaluation.is_published
    from calibrated
    cross join evaluation

)

select * from final
