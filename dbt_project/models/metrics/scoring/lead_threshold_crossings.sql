with

settings as (

    select * from {{ ref('scoring_settings') }}

),

scored_touches as (

    select * from {{ ref('scored_touches') }}

),

attribute_points as (

    select
        person_id,
        cast(sum(points) as {{ points_type() }}) as attribute_points
    from {{ ref('lead_attribute_points') }}
    group by person_id

),

-- What could ever be had: every cap used up, nothing faded, nothing taken off.
touched as (

    select
        person_id,
        rule_id,
        min(occurred_at) as first_touch_at,
        sum(points) as all_points,
        max(cap) as cap
    from scored_touches
    group by person_id, rule_id

),

best as (

    select
        person_id,
        sum(greatest(coalesce(least(all_points, cap), all_points), 0)) as behaviour_points,
        min(first_touch_at) as first_touch_at
    from touched
    group by person_id

),

candidates as (

    select
        best.person_id,
        best.first_touch_at,
        cast(coalesce(attribute_points.attribute_points, 0) as {{ points_type() }})
            as attribute_points
    from best
    left join attribute_points
        on best.person_id = attribute_points.person_id
    cross join settings
    where
        {{ is_mql(
            'coalesce(attribute_points.attribute_points, 0)', 'best.behaviour_points', 'settings'
        ) }}

),

{#
What fades is summed once per person and rule: a running sum of points * 2^(age at the touch) is
scaled back by 2^(-age at the instant), ages in half-lives since the person's first touch. A
floating-point number has room for a thousand of them: time is cut into stretches of 400, and a
stretch takes over what the one before it brought.
-#}
aged as (

    select
        scored_touches.person_id,
        scored_touches.rule_id,
        scored_touches.occurred_at,
        scored_touches.is_decaying,
        scored_touches.cap,
        {{ half_lives(
            'candidates.first_touch_at', 'scored_touches.occurred_at', 'settings.decay_half_life_days'
        ) }} as age,
        sum(cast(scored_touches.points as double)) as points
    from scored_touches
    inner join candidates
        on scored_touches.person_id = candidates.person_id
    cross join settings
    group by all

),

instants as (

    select distinct
        person_id,
        occurred_at,
        age,
        floor(age / 400) as stretch
    from aged

),

rules_of_people as (

    select distinct
        person_id,
        rule_id,
        is_decaying,
        cap
    from aged

),

last_stretches as (

    select
        person_id,
        max(stretch) as last_stretch
    from instants
    group by person_id

),

gains as (

    select
        instants.person_id,
        rules_of_people.rule_id,
        rules_of_people.is_decaying,
        rules_of_people.cap,
        instants.occurred_at,
        instants.age,
        case when rules_of_people.is_decaying then instants.stretch else 0 end as stretch,
        coalesce(aged.points, 0) as points,
        false as is_carried
    from instants
    inner join rules_of_people
        on instants.person_id = rules_of_people.person_id
    left join aged
        on
            instants.person_id = aged.person_id
            and instants.occurred_at = aged.occurred_at
            and rules_of_people.rule_id = aged.rule_id

    union all

    select
        aged.person_id,
        aged.rule_id,
        aged.is_decaying,
        aged.cap,
        aged.occurred_at,
        aged.age,
        floor(aged.age / 400) + 1 as stretch,
        aged.points,
        true as is_carried
    from aged
    inner join last_stretches
        on aged.person_id = last_stretches.person_id
    where aged.is_decaying and floor(aged.age / 400) < last_stretches.last_stretch

),

summed as (

    select
        *,
        sum(
            points * case when is_decaying then power(2.0, age - 400 * stretch) else 1.0 end
        ) over (
            partition by person_id, rule_id, stretch
            order by occurred_at
            rows between unbounded preceding and current row
        ) as running_points
    from gains

),

behaviour as (

    select
        person_id,
        occurred_at,
        sum(
            {{ capped(
                'running_points * case when is_decaying then power(2.0, 400 * stretch - age) else 1.0 end',
                'cap'
            ) }}
        ) as behaviour_points
    from summed
    where not is_carried
    group by person_id, occurred_at

),

crossed as (

    select
        behaviour.person_id,
        min(behaviour.occurred_at) as first_mql_at
    from behaviour
    inner join candidates
        on behaviour.person_id = candidates.person_id
    cross join settings
    where {{ is_mql('candidates.attribute_points', 'behaviour.behaviour_points', 'settings') }}
    group by behaviour.person_id

),

final as (

    select
        crossed.person_id,
        crossed.first_mql_at,
        candidates.attribute_points,
        behaviour.behaviour_points,
        settings.rules_version
    from crossed
    inner join candidates
        on crossed.person_id = candidates.person_id
    inner join behaviour
        on
            crossed.person_id = behaviour.person_id
            and crossed.first_mql_at = behaviour.occurred_at
    cross join settings

)

select * from final
