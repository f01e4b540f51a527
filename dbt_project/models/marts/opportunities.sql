with

opportunity_facts as (

    select * from {{ ref('opportunity_facts') }}

),

opportunity as (

    select * from {{ ref('opportunity') }}

),

account as (

    select * from {{ ref('account') }}

),

owner as (

    select * from {{ ref('owner') }}

),

person as (

    select * from {{ ref('person') }}
    where created_at is null or created_at < {{ policy('as_of') }}

),

contact_roles as (

    select * from {{ ref('opportunity_contact_role') }}

),

stages as (

    select * from {{ ref('sales_stages') }}

),

touch as (

    select * from {{ ref('touch') }}
    where
        is_marketing
        and account_id is not null
        and occurred_at < {{ policy('as_of') }}
        and touch_type not in {{ policy_list('attribution_excluded_touch_types') }}

),

activity as (

    select * from {{ ref('activity') }}
    where opportunity_id is not null and occurred_at < {{ policy('as_of') }}

),

erased as (

    select person_id from person
    where is_deleted

),

contacts as (

    select
        contact_roles.opportunity_id,
        count(distinct contact_roles.person_id) as contact_count,
        min(contact_roles.person_id) filter (where contact_roles.is_primary) as primary_contact_id,
        {{ first_by(
            'person.lead_channel', '(not contact_roles.is_primary, person.created_at, person.person_id)'
        ) }} as lead_channel
    from contact_roles
    inner join person
        on contact_roles.person_id = person.person_id
    where not person.is_deleted
    group by contact_roles.opportunity_id

),

activities as (

    select
        opportunity_id,
        count(*) as activity_count,
        max(occurred_at) as last_activity_at
    from activity
    group by opportunity_id

),

sold_to as (

    select distinct account_id from opportunity_facts

),

-- One pass in order of time: to compare every opportunity with every touch of its account is dear
-- where an account has many of both.
happenings as (

    select
        touch.account_id,
        touch.occurred_at as happened_at,
        cast(null as varchar) as opportunity_id,
        1 as touches
    from touch
    inner join sold_to
        on touch.account_id = sold_to.account_id
    left join erased
        on touch.person_id = erased.person_id
    where erased.person_id is null

    union all

    select
        account_id,
        created_at as happened_at,
        opportunity_id,
        0 as touches
    from opportunity_facts

),

-- The range holds what happened in the very instant, too.
touched as (

    select
        opportunity_id,
        cast(
            sum(touches) over (
                partition by account_id
                order by happened_at
                range between unbounded preceding and current row
            ) as bigint
        ) as touches_before_creation
    from happenings
    qualify opportunity_id is not null

),

timed as (

    select
        *,
        {{ microseconds('case when is_closed then closed_at else ' ~ policy('as_of') ~ ' end') }}
        - {{ microseconds('created_at') }} as open_us
    from opportunity_facts

),

final as (

    select
        timed.opportunity_id,
        opportunity.opportunity_name,
        timed.opportunity_type,
        timed.account_id,
        account.account_name,
        account.segment,
        timed.owner_id,
        owner.owner_name,
        owner.team,
        timed.stage,
        stages.stage as reached_stage,
        timed.forecast_category,
        timed.probability_pct,
        timed.currency,
        {{ local_money('timed.local_amount') }} as local_amount,
        timed.amount,
        timed.weighted_amount,
        timed.amount_at_plan,
        timed.local_amount is not null and timed.amount is null as is_unconverted,
        timed.created_at,
        {{ business_date('timed.created_at') }} as created_date,
        timed.close_date,
        timed.closed_at,
        timed.is_closed,
        timed.is_won,
        timed.is_pipeline,
        timed.counts_in_win_rate,
        timed.counts_toward_quota,
        not timed.is_closed and timed.close_date < {{ policy('as_of_date') }} as is_overdue,
        {{ as_days('timed.open_us') }} as days_open,
        timed.days_in_current_stage,
        timed.is_stalled,
        coalesce(contacts.contact_count, 0) as contact_count,
        contacts.primary_contact_id,
        primary_contact.full_name as primary_contact_name,
        contacts.lead_channel,
        case when timed.created_at is not null then touched.touches_before_creation end
            as touches_before_creation,
        coalesce(activities.activity_count, 0) as activity_count,
        activities.last_activity_at,
        opportunity.next_step,
        opportunity.lost_reason,
        opportunity.renewal_due_date,
        opportunity.renewal_base_currency,
        {{ local_money('opportunity.renewal_base_amount') }} as renewal_base_amount
    from timed
    inner join opportunity
        on timed.opportunity_id = opportunity.opportunity_id
    inner join touched
        on timed.opportunity_id = touched.opportunity_id
    left join account
        on timed.account_id = account.account_id
    left join owner
        on timed.owner_id = owner.owner_id
    left join stages
        on timed.reached_stage_order = stages.stage_order
    left join contacts
        on timed.opportunity_id = contacts.opportunity_id
    left join person as primary_contact
        on contacts.primary_contact_id = primary_contact.person_id
    left join activities
        on timed.opportunity_id = activities.opportunity_id

)

select * from final
