with

person as (

    select * from {{ ref('person') }}
    where
        not is_deleted
        and account_id is not null
        and (created_at is null or created_at < {{ policy('as_of') }})

),

roles as (

    select * from {{ ref('buying_group_roles') }}

),

touch as (

    select * from {{ ref('touch') }}
    where
        person_id is not null
        and occurred_at < {{ policy('as_of') }}
        and touch_type not in {{ policy_list('attribution_excluded_touch_types') }}

),

activity as (

    select * from {{ ref('activity') }}
    where person_id is not null and occurred_at < {{ policy('as_of') }}

),

account_settings as (

    select * from {{ ref('account_settings') }}

),

members as (

    select
        person.person_id,
        person.account_id,
        person.full_name,
        roles.role,
        roles.position
    from person
    inner join roles
        on
            {{ is_one_of('lower(person.department)', 'roles.departments') }}
            and {{ is_one_of('person.seniority', 'roles.seniorities') }}

),

met as (

    select
        person_id,
        occurred_at
    from touch

    union all

    select
        person_id,
        occurred_at
    from activity

),

-- Only members are asked for: most touches are somebody else's.
last_met as (

    select
        met.person_id,
        max(met.occurred_at) as last_met_at
    from met
    where met.person_id in (select members.person_id from members)
    group by met.person_id

),

final as (

    select
        members.person_id || ':' || members.role as member,
        members.person_id,
        members.account_id,
        members.full_name,
        members.role,
        members.position,
        last_met.last_met_at,
        coalesce(
            last_met.last_met_at
            >= {{ days_before(policy('as_of'), 'account_settings.engaged_days') }},
            false
        ) as is_engaged
    from members
    cross join account_settings
    left join last_met
        on members.person_id = last_met.person_id

)

select * from final
