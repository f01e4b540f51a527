with

person as (

    select * from {{ ref('person') }}
    where
        not is_deleted
        and (created_at is null or created_at < {{ policy('as_of') }})

),

touch as (

    select * from {{ ref('touch') }}
    where person_id is not null and occurred_at < {{ policy('as_of') }}

),

rules as (

    select * from {{ ref('scoring_behaviour_rules') }}

),

final as (

    select
        touch.touch_id || ':' || rules.rule_id as touch_rule,
        touch.touch_id,
        touch.person_id,
        touch.occurred_at,
        rules.rule_id,
        rules.position,
        rules.points,
        rules.cap,
        rules.is_decaying
    from touch
    inner join rules
        on touch.touch_type = rules.touch_type
    inner join person
        on touch.person_id = person.person_id

)

select * from final
