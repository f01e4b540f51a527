with

milestones as (

    select * from {{ ref('person_milestones') }}
    where first_lead_at is not null

),

person_stage_history as (

    select * from {{ ref('person_stage_history') }}
    where entered_at < {{ policy('as_of') }}

),

scored_touches as (

    select * from {{ ref('scored_touches') }}

),

settings as (

    select
        scoring.*,
        policy_settings.as_of,
        coalesce(scoring.window_start_date, policy_settings.window_start_date) as first_date,
        coalesce(scoring.window_end_date, policy_settings.window_end_date) as end_date
    from {{ ref('scoring_settings') }} as scoring
    cross join {{ ref('policy_settings') }} as policy_settings

),

attribute_points as (

    select
        person_id,
        cast(sum(points) as {{ points_type() }}) as attribute_points
    from {{ ref('lead_attribute_points') }}
    group by person_id

),

observed as (

    select
        milestones.person_id,
        milestones.first_lead_at,
        {{ days_after('milestones.first_lead_at', 'settings.observation_days') }} as observed_at,
        {{ days_after('milestones.first_lead_at', 'settings.label_days') }} as label_ends_at,
        {{ business_date('milestones.first_lead_at') }} >= settings.first_date
        and {{ business_date('milestones.first_lead_at') }} < settings.end_date
            as is_evaluated
    from milestones
    cross join settings
    where
        {{ days_after('milestones.first_lead_at', 'settings.observation_days') }}
        <= settings.as_of

),

labels as (

    select
        person_stage_history.person_id,
        min(person_stage_history.entered_at) as label_at
    from person_stage_history
    cross join settings
    where person_stage_history.stage = settings.label_stage
    group by person_stage_history.person_id

),

faded as (

    select
        observed.person_id,
        scored_touches.rule_id,
        max(scored_touches.cap) as cap,
        sum(
            {{ faded(
                'scored_touches.points',
                half_lives(
                    'scored_touches.occurred_at',
                    'observed.observed_at',
                    'settings.decay_half_life_days'
                ),
                'scored_touches.is_decaying'
            ) }}
        ) as decayed_points
    from observed
    inner join scored_touches
        on observed.person_id = scored_touches.person_id
    cross join settings
    where scored_touches.occurred_at <= observed.observed_at
    group by observed.person_id, scored_touches.rule_id

),

behaviour as (

    select
        person_id,
        sum({{ capped('decayed_points', 'cap') }}) as behaviour_points
    from faded
    group by person_id

),

scored as (

    select
        observed.*,
        labels.label_at,
        coalesce(attribute_points.attribute_points, 0) as attribute_points,
        cast(coalesce(behaviour.behaviour_points, 0) as {{ points_type() }}) as behaviour_points
    from observed
    left join labels
        on observed.person_id = labels.person_id
    left join attribute_points
        on observed.person_id = attribute_points.person_id
    left join behaviour
        on observed.person_id = behaviour.person_id

),

final as (

    select
        scored.person_id,
        scored.first_lead_at,
        scored.observed_at,
        scored.label_ends_at,
        scored.label_at,
        scored.label_at is not null as is_positive,
        scored.is_evaluated,
        scored.attribute_points,
        scored.behaviour_points,
        scored.attribute_points + scored.behaviour_points as total_points,
        {{ is_mql('scored.attribute_points', 'scored.behaviour_points', 'settings') }} as is_mql,
        scored.label_ends_at <= settings.as_of as is_label_complete,
        coalesce(scored.label_at <= scored.label_ends_at, false) as is_label_reached,
        coalesce(scored.label_at <= scored.observed_at, false) as is_decided
    from scored
    cross join settings

)

select * from final
