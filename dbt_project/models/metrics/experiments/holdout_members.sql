with

members as (

    select * from {{ remembered('holdout_members') }}
    where began_at < {{ policy('as_of') }}

),

person as (

    select person_id from {{ ref('person') }}
    where not is_deleted

),

account as (

    select account_id from {{ ref('account') }}

),

final as (

    select
        members.holdout || ' ' || members.unit || ' ' || members.unit_id as holdout_member,
        members.holdout,
        members.unit,
        members.unit_id,
        members.is_held_out,
        members.began_at,
        members.moved_at,
        account.account_id is not null or person.person_id is not null as is_known
    from members
    left join account
        on members.unit_id = account.account_id and members.unit = 'account'
    left join person
        on members.unit_id = person.person_id and members.unit = 'person'

)

select * from final
