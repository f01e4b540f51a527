with

opportunity_facts as (

    select * from {{ ref('opportunity_facts') }}
    where not is_closed

),

opportunity as (

    select * from {{ ref('opportunity') }}

),

account as (

    select * from {{ ref('account') }}

),

account_engagement as (

    select * from {{ ref('account_engagement') }}

),

stages as (

    select * from {{ ref('policy_stages') }}

),

contact_roles as (

    select * from {{ ref('opportunity_contact_role') }}

),

person as (

    select * from {{ ref('person') }}
    where not is_deleted

),

contacts as (

    select
        contact_roles.opportunity_id,
        count(distinct contact_roles.person_id) as contact_count
    from contact_roles
    inner join person
        on contact_roles.person_id = person.person_id
    group by contact_roles.opportunity_id

),

final as (

    select
        opportunity_facts.opportunity_id,
        opportunity_facts.account_id,
        opportunity_facts.owner_id,
        opportunity_facts.opportunity_type,
        opportunity_facts.stage,
        stages.stage_number,
        opportunity_facts.forecast_category,
        opportunity_facts.probability_pct,
        opportunity_facts.local_amount,
        opportunity_facts.amount,
        opportunity_facts.close_date,
        opportunity_facts.close_date - {{ policy('as_of_date') }} as days_until_close,
        opportunity_facts.close_date < {{ policy('as_of_date') }} as is_close_date_overdue,
        coalesce(opportunity_facts.stage_entered_at, opportunity_facts.created_at)
            as in_stage_since,
        opportunity_facts.days_in_current_stage as days_in_stage,
        opportunity_facts.is_stalled,
        account_engagement.last_engaged_at,
        {{ days_since('account_engagement.last_engaged_at') }} as days_since_engagement,
        nullif(trim(opportunity.next_step), '') as next_step,
        coalesce(contacts.contact_count, 0) = 0 as has_no_contact,
        account.segment,
        account.is_target_account
    from opportunity_facts
    inner join opportunity
        on opportunity_facts.opportunity_id = opportunity.opportunity_id
    left join stages
        on opportunity_facts.stage = stages.stage
    left join account
        on opportunity_facts.account_id = account.account_id
    left join account_engagement
        on opportunity_facts.account_id = account_engagement.account_id
    left join contacts
        on opportunity_facts.opportunity_id = contacts.opportunity_id

)

select * from final
