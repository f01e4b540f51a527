with

opportunity as (

    select * from {{ ref('opportunity') }}
    where
        not is_deleted
        and (created_at is null or created_at < {{ policy('as_of') }})

),

contact_roles as (

    select distinct opportunity_id from {{ ref('opportunity_contact_role') }}

),

person as (

    select * from {{ ref('person') }}
    where
        not is_deleted
        and (created_at is null or created_at < {{ policy('as_of') }})

),

owner as (

    select * from {{ ref('owner') }}
    where is_active

),

account as (

    select * from {{ ref('account') }}

),

person_milestones as (

    select * from {{ ref('person_milestones') }}

),

reported_window as (

    select * from {{ ref('policy_periods') }}
    where is_window

),

opportunities_with_contact_role as (

    select
        'opportunity_contact_role' as subject,
        count(*) as checked,
        count(contact_roles.opportunity_id) as complete
    from opportunity
    left join contact_roles
        on opportunity.opportunity_id = contact_roles.opportunity_id

),

open_opportunities as (

    select
        count(*) as checked,
        count(amount) as with_amount,
        count(nullif(trim(next_step), '')) as with_next_step
    from opportunity
    where not is_closed

),

people_with_account as (

    select
        'person_account' as subject,
        count(*) as checked,
        count(account_id) as complete
    from person

),

active_users as (

    select
        'crm_login_14d' as subject,
        count(*) as checked,
        count(*) filter (
            where
            last_login_at >= {{ days_before(policy('as_of'), 14) }}
            and last_login_at < {{ policy('as_of') }}
        ) as complete
    from owner

),

-- What must be known to judge an MQL, and can be missing.
mql_information as (

    select
        'mql_information' as subject,
        4 * count(*) as checked,
        count(account.industry)
        + count(account.employee_count)
        + count(person.department)
        + count(person.seniority) as complete
    from person_milestones
    inner join reported_window
        on
            person_milestones.first_mql_at >= reported_window.start_at
            and person_milestones.first_mql_at < reported_window.end_at
    inner join person
        on person_milestones.person_id = person.person_id
    left join account
        on person.account_id = account.account_id

),

checks as (

    select
        subject,
        checked,
        complete
    from opportunities_with_contact_role

    union all

    select
        'open_opportunity_amount' as subject,
        checked,
        with_amount as complete
    from open_opportunities

    union all

    select
        'open_opportunity_next_step' as subject,
        checked,
        with_next_step as complete
    from open_opportunities

    union all

    select
        subject,
        checked,
        complete
    from people_with_account

    union all

    select
        subject,
        checked,
        complete
    from active_users

    union all

    select
        subject,
        checked,
        complete
    from mql_information

),

final as (

    select
        subject,
        {{ policy('as_of_date') }} as as_of_date,
        checked,
        complete,
        checked - complete as incomplete,
        {{ ratio('complete', 'checked', places=0) }} as completeness
    from checks

)

select * from final
