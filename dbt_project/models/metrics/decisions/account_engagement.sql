with

touch as (

    select * from {{ ref('touch') }}
    where
        occurred_at < {{ policy('as_of') }}
        and touch_type not in {{ policy_list('attribution_excluded_touch_types') }}

),

activity as (

    select * from {{ ref('activity') }}
    where occurred_at < {{ policy('as_of') }}

),

person as (

    select * from {{ ref('person') }}

),

opportunity as (

    select * from {{ ref('opportunity') }}

),

-- Of each pair only the last: of millions of touches a person is looked up for few.
last_touches as (

    select
        account_id,
        person_id,
        max(occurred_at) as engaged_at
    from touch
    group by account_id, person_id

),

last_activities as (

    select
        account_id,
        person_id,
        opportunity_id,
        max(occurred_at) as engaged_at
    from activity
    group by account_id, person_id, opportunity_id

),

-- What erased people did is forgotten; a call to one of them remains our own people's work.
engagements as (

    select
        coalesce(last_touches.account_id, person.account_id) as account_id,
        last_touches.engaged_at
    from last_touches
    left join person
        on last_touches.person_id = person.person_id
    where not coalesce(person.is_deleted, false)

    union all

    select
        coalesce(last_activities.account_id, person.account_id, opportunity.account_id)
            as account_id,
        last_activities.engaged_at
    from last_activities
    left join person
        on last_activities.person_id = person.person_id
    left join opportunity
        on last_activities.opportunity_id = opportunity.opportunity_id

),

final as (

    select
        account_id,
        max(engaged_at) as last_engaged_at
    from engagements
    where account_id is not null
    group by account_id

)

select * from final
