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

health_scores as (

    select * from {{ ref('health_scores') }}

),

stages as (

    select * from {{ ref('policy_stages') }}

),

contact_roles as (

    select * from {{ ref('opportunity_contact_role') }}

),

person as (

    select * from {{ ref('person') }}

),

activity as (

    select * from {{ ref('activity') }}
    where opportunity_id is not null and occurred_at < {{ policy('as_of') }}

),

-- What is done for an opportunity may name no account.
activities as (

    select
        activity.opportunity_id,
        max(activity.occurred_at) as last_engaged_at
    from activity
    left join person
        on activity.person_id = person.person_id
    where not coalesce(person.is_deleted, false)
    group by activity.opportunity_id

),

contacts as (

    select
        contact_roles.opportunity_id,
        count(distinct contact_roles.person_id) as contact_count
    from contact_roles
    inner join person
        on contact_roles.person_id = person.person_id
    where not person.is_deleted
    group by contact_roles.opportunity_id

),

engaged as (

    select
        opportunity_facts.*,
        greatest(account_engagement.last_engaged_at, activities.last_engaged_at)
            as last_engaged_at
    from opportunity_facts
    left join account_engagement
        on opportunity_facts.account_id = account_engagement.account_id
    left join activities
        on opportunity_facts.opportunity_id = activities.opportunity_id

),

final as (

    select
        engaged.opportunity_id,
        engaged.account_id,
        engaged.owner_id,
        engaged.opportunity_type,
        engaged.stage,
        stages.stage_number,
        engaged.forecast_category,
        engaged.probability_pct,
        engaged.local_amount,
        engaged.amount,
        engaged.close_date,
        engaged.close_date - {{ policy('as_of_date') }} as days_until_close,
        engaged.close_date < {{ policy('as_of_date') }} as is_close_date_overdue,
        coalesce(engaged.stage_entered_at, engaged.created_at)
            as in_stage_since,
        engaged.days_in_current_stage as days_in_stage,
        engaged.is_stalled,
        engaged.last_engaged_at,
        {{ days_since('engaged.last_engaged_at') }} as days_since_engagement,
        nullif(trim(opportunity.next_step), '') as next_step,
        coalesce(contacts.contact_count, 0) = 0 as has_no_contact,
        account.segment,
        account.is_target_account,
        health_scores.health_score,
        health_scores.health_band
    from engaged
    inner join opportunity
        on engaged.opportunity_id = opportunity.opportunity_id
    left join stages
        on engaged.stage = stages.stage
    left join account
        on engaged.account_id = account.account_id
    left join health_scores
        on engaged.account_id = health_scores.account_id
    left join contacts
        on engaged.opportunity_id = contacts.opportunity_id

)

select * from final
