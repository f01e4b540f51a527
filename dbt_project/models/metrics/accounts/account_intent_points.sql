with

person as (

    select * from {{ ref('person') }}
    where not is_deleted and account_id is not null

),

lead_score_parts as (

    select * from {{ ref('lead_score_parts') }}
    where axis = 'behaviour'

),

touch as (

    select * from {{ ref('touch') }}
    where
        person_id is null
        and account_id is not null
        and occurred_at < {{ policy('as_of') }}

),

rules as (

    select * from {{ ref('scoring_behaviour_rules') }}

),

settings as (

    select
        scoring.decay_half_life_days,
        policy_settings.as_of
    from {{ ref('scoring_settings') }} as scoring
    cross join {{ ref('policy_settings') }} as policy_settings

),

-- Visitors of whom only the company is known are capped as one person.
anonymous as (

    select
        touch.account_id,
        rules.rule_id,
        rules.cap,
        count(*) as touch_count,
        max(touch.occurred_at) as last_touch_at,
        sum(
            {{ faded(
                'rules.points',
                half_lives('touch.occurred_at', 'settings.as_of', 'settings.decay_half_life_days'),
                'rules.is_decaying'
            ) }}
        ) as decayed_points
    from touch
    inner join rules
        on touch.touch_type = rules.touch_type
    cross join settings
    group by touch.account_id, rules.rule_id, rules.cap

),

visitors as (

    select
        person.account_id,
        lead_score_parts.rule_id,
        1 as person_count,
        lead_score_parts.touch_count,
        lead_score_parts.last_touch_at,
        lead_score_parts.points
    from lead_score_parts
    inner join person
        on lead_score_parts.person_id = person.person_id

    union all

    select
        account_id,
        rule_id,
        0 as person_count,
        touch_count,
        last_touch_at,
        {{ capped('decayed_points', 'cap') }} as points
    from anonymous

),

added as (

    select
        account_id,
        rule_id,
        sum(person_count) as person_count,
        sum(touch_count) as touch_count,
        max(last_touch_at) as last_touch_at,
        cast(sum(points) as {{ points_type() }}) as points
    from visitors
    group by account_id, rule_id

),

final as (

    select
        added.account_id || ':' || added.rule_id as account_rule,
        added.account_id,
        added.rule_id,
        rules.position,
        added.person_count,
        added.touch_count,
        added.last_touch_at,
        added.points,
        coalesce(rules.reason, {{ capitalised("replace(rules.touch_type, '_', ' ')") }})
        || ': '
        || case
            when added.person_count = 0 then 'visitors without a name'
            when added.person_count = 1 then '1 person'
            else added.person_count || ' people'
        end
        || ', last on ' || {{ business_date('added.last_touch_at') }}
        || ' (' || {{ points_text('added.points') }} || ')' as reason
    from added
    inner join rules
        on added.rule_id = rules.rule_id

)

select * from final
