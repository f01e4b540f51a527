with

account_facts as (

    select * from {{ ref('account_facts') }}

),

roles as (

    select * from {{ ref('buying_group_roles') }}

),

members as (

    select * from {{ ref('buying_group_members') }}

),

final as (

    select
        account_facts.account_id || ':' || roles.role as account_role,
        account_facts.account_id,
        roles.role,
        roles.position,
        count(members.person_id) as known_people,
        count(*) filter (where members.is_engaged) as engaged_people,
        max(members.last_met_at) as last_met_at
    from account_facts
    cross join roles
    left join members
        on
            account_facts.account_id = members.account_id
            and roles.role = members.role
    group by account_facts.account_id, roles.role, roles.position

)

select * from final
