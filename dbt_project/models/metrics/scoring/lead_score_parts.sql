with

attribute_points as (

    select * from {{ ref('lead_attribute_points') }}

),

scored_touches as (

    select * from {{ ref('scored_touches') }}

),

rules as (

    select * from {{ ref('scoring_behaviour_rules') }}

),

settings as (

    select
        scoring.*,
        policy_settings.as_of
    from {{ ref('scoring_settings') }} as scoring
    cross join {{ ref('policy_settings') }} as policy_settings

),

faded as (

    select
        scored_touches.person_id,
        scored_touches.rule_id,
        count(*) as touch_count,
        max(scored_touches.occurred_at) as last_touch_at,
        sum(
            {{ faded(
                'scored_touches.points',
                half_lives('scored_touches.occurred_at', 'settings.as_of', 'settings.decay_half_life_days'),
                'scored_touches.is_decaying'
            ) }}
        ) as decayed_points
    from scored_touches
    cross join settings
    group by scored_touches.person_id, scored_touches.rule_id

),

behaviour as (

    select
        faded.person_id,
        faded.rule_id,
        rules.position,
        faded.touch_count,
        faded.last_touch_at,
        cast(round(faded.decayed_points, 10) as {{ points_type() }}) as decayed_points,
        {{ capped('faded.decayed_points', 'rules.cap') }} as points,
        coalesce(abs(faded.decayed_points) > rules.cap, false) as is_capped,
        coalesce(
            rules.reason, {{ capitalised("replace(rules.touch_type, '_', ' ')") }}
        ) || case when faded.touch_count > 1 then ' x' || faded.touch_count else '' end
        || ', last on ' || {{ business_date('faded.last_touch_at') }} as reason
    from faded
    inner join rules
        on faded.rule_id = rules.rule_id

),

both_axes as (

    select
        person_id,
        'attribute' as axis,
        rule_id,
        position,
        cast(null as bigint) as touch_count,
        cast(null as timestamptz) as last_touch_at,
        cast(points as {{ points_type() }}) as decayed_points,
        cast(points as {{ points_type() }}) as points,
        false as is_capped,
        reason
    from attribute_points

    union all

    select
        person_id,
        'behaviour' as axis,
        rule_id,
        position,
        touch_count,
        last_touch_at,
        decayed_points,
        points,
        is_capped,
        reason
    from behaviour

),

final as (

    select
        person_id || ':' || axis || ':' || rule_id as part_key,
        person_id,
        axis,
        rule_id,
        position,
        touch_count,
        last_touch_at,
        decayed_points,
        points,
        is_capped,
        reason || ' (' || {{ points_text('points') }}
        || case when is_capped then ', capped)' else ')' end as reason
    from both_axes

)

select * from final
