with

{{ engagements_seen() }}

{{ who_engages() }}

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
        max(occurred_at) as engaged_at
    from activity
    group by account_id, person_id

),

last_engagements as (

    select * from last_touches

    union all

    select * from last_activities

),

-- Whoever was erased was never in touch.
engagements as (

    select
        coalesce(last_engagements.account_id, person.account_id) as account_id,
        last_engagements.engaged_at
    from last_engagements
    left join person
        on last_engagements.person_id = person.person_id
    where not coalesce(person.is_deleted, false)

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
