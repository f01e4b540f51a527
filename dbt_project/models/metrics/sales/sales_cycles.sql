with

closed as (

    select * from {{ ref('opportunity_facts') }}
    where counts_in_win_rate and closed_at is not null

),

won_new_business as (

    select * from closed
    where is_won and opportunity_type = 'new_business'

),

contact_roles as (

    select * from {{ ref('opportunity_contact_role') }}
    where is_primary

),

people as (

    select * from {{ ref('person') }}
    where not is_deleted and created_at < {{ policy('as_of') }}

),

erased as (

    select person_id from {{ ref('person') }}
    where is_deleted

),

touch as (

    select * from {{ ref('touch') }}

),

leads as (

    select
        contact_roles.opportunity_id,
        {{ first_by('people.created_at', 'people.person_id') }} as lead_at
    from contact_roles
    inner join won_new_business
        on contact_roles.opportunity_id = won_new_business.opportunity_id
    inner join people
        on contact_roles.person_id = people.person_id
    group by contact_roles.opportunity_id

),

touched_accounts as (

    select
        touch.account_id,
        min(touch.occurred_at) as contact_at
    from touch
    left join erased
        on touch.person_id = erased.person_id
    where
        erased.person_id is null
        and touch.account_id in (select won_new_business.account_id from won_new_business)
    group by touch.account_id

),

known_accounts as (

    select
        account_id,
        min(created_at) as contact_at
    from people
    where account_id is not null
    group by account_id

),

account_contacts as (

    select * from touched_accounts

    union all

    select * from known_accounts

),

contacts as (

    select
        won_new_business.opportunity_id,
        won_new_business.closed_at,
        account_contacts.contact_at
    from won_new_business
    inner join account_contacts
        on won_new_business.account_id = account_contacts.account_id

    union all

    select
        won_new_business.opportunity_id,
        won_new_business.closed_at,
        leads.lead_at as contact_at
    from won_new_business
    inner join leads
        on won_new_business.opportunity_id = leads.opportunity_id

),

-- Who is met after the win did not bring it.
first_contacts as (

    select
        opportunity_id,
        min(contact_at) as first_contact_at
    from contacts
    where contact_at <= closed_at
    group by opportunity_id

),

dated as (

    select
        closed.opportunity_id,
        closed.account_id,
        closed.owner_id,
        closed.opportunity_type,
        closed.close_date,
        closed.is_won,
        first_contacts.first_contact_at,
        leads.lead_at,
        closed.created_at,
        closed.closed_at,
        {{ microseconds('closed.closed_at') }} as closed_us
    from closed
    left join first_contacts
        on closed.opportunity_id = first_contacts.opportunity_id
    left join leads
        on closed.opportunity_id = leads.opportunity_id

),

final as (

    select
        opportunity_id,
        account_id,
        owner_id,
        opportunity_type,
        close_date,
        is_won,
        first_contact_at,
        lead_at,
        created_at,
        closed_at,
        closed_us - {{ microseconds('first_contact_at') }} as contact_to_won_us,
        closed_us - {{ microseconds('lead_at') }} as lead_to_won_us,
        case when is_won then closed_us - {{ microseconds('created_at') }} end as created_to_won_us,
        closed_us - {{ microseconds('created_at') }} as created_to_closed_us
    from dated

)

select * from final
