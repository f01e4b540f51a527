with

person as (

    select * from {{ ref('person') }}
    where
        not is_deleted
        and (created_at is null or created_at < {{ policy('as_of') }})

),

person_map as (

    select * from {{ ref('person_map') }}
    where not is_deleted

),

person_milestones as (

    select * from {{ ref('person_milestones') }}

),

mql_responses as (

    select * from {{ ref('mql_responses') }}

),

account as (

    select * from {{ ref('account') }}

),

owner as (

    select * from {{ ref('owner') }}

),

contact_roles as (

    select * from {{ ref('opportunity_contact_role') }}

),

opportunity_facts as (

    select * from {{ ref('opportunity_facts') }}

),

touch as (

    select * from {{ ref('touch') }}
    where person_id is not null and occurred_at < {{ policy('as_of') }}

),

activity as (

    select * from {{ ref('activity') }}
    where person_id is not null and occurred_at < {{ policy('as_of') }}

),

web_session as (

    select * from {{ ref('web_session') }}
    where person_id is not null and started_at < {{ policy('as_of') }}

),

support as (

    select * from {{ ref('support') }}
    where requester_person_id is not null

),

nps_respondents as (

    select * from {{ ref('nps_respondents') }}

),

records as (

    select
        person_id,
        count(*) as record_count,
        count(distinct source) as source_count
    from person_map
    group by person_id

),

mqls as (

    select
        person_id,
        count(*) as mql_count,
        max(entered_at) as last_mql_at,
        {{ last_by('response_sla_state', 'mql_no') }} as last_mql_sla_state
    from mql_responses
    group by person_id

),

deals as (

    select
        contact_roles.person_id,
        count(distinct opportunity_facts.opportunity_id) filter (
            where not opportunity_facts.is_closed
        ) as open_opportunity_count,
        count(distinct opportunity_facts.opportunity_id) filter (
            where opportunity_facts.is_won
        ) as won_opportunity_count
    from contact_roles
    inner join opportunity_facts
        on contact_roles.opportunity_id = opportunity_facts.opportunity_id
    group by contact_roles.person_id

),

touched as (

    select
        person_id,
        count(*) as touch_count,
        max(occurred_at) as last_touch_at
    from touch
    group by person_id

),

-- Of several touches in one instant the last by id.
last_touches as (

    select
        touched.person_id,
        {{ last_by('touch.channel', 'touch.touch_id') }} as last_touch_channel,
        {{ last_by('touch.touch_type', 'touch.touch_id') }} as last_touch_type
    from touched
    inner join touch
        on
            touched.person_id = touch.person_id
            and touched.last_touch_at = touch.occurred_at
    group by touched.person_id

),

activities as (

    select
        person_id,
        count(*) as activity_count,
        max(occurred_at) as last_activity_at
    from activity
    group by person_id

),

sessions as (

    select
        person_id,
        count(*) as session_count,
        max(started_at) as last_session_at
    from web_session
    group by person_id

),

tickets as (

    select
        requester_person_id as person_id,
        count(*) as ticket_count,
        count(*) filter (where not is_solved) as open_ticket_count,
        {{ last_by('csat_score', '(csat_responded_at, ticket_id)') }} as csat_score
    from support
    group by requester_person_id

),

final as (

    select
        person.person_id,
        person.full_name,
        person.email,
        person.title,
        person.department,
        person.seniority,
        person.country,
        person.has_opted_out,
        person.account_id,
        account.account_name,
        account.segment,
        account.owner_id as account_owner_id,
        owner.owner_name as account_owner_name,
        coalesce(records.source_count, 0) as source_count,
        coalesce(records.record_count, 0) as record_count,
        person.lead_channel,
        person.created_at,
        person_milestones.current_stage,
        person_milestones.current_stage_entered_at,
        coalesce(person_milestones.is_buyer, false) as is_buyer,
        person_milestones.first_lead_at,
        person_milestones.first_mql_at,
        person_milestones.accepted_at,
        person_milestones.qualified_at,
        coalesce(mqls.mql_count, 0) as mql_count,
        mqls.last_mql_at,
        mqls.last_mql_sla_state,
        coalesce(deals.open_opportunity_count, 0) as open_opportunity_count,
        coalesce(deals.won_opportunity_count, 0) as won_opportunity_count,
        coalesce(touched.touch_count, 0) as touch_count,
        touched.last_touch_at,
        last_touches.last_touch_channel,
        last_touches.last_touch_type,
        coalesce(activities.activity_count, 0) as activity_count,
        activities.last_activity_at,
        coalesce(sessions.session_count, 0) as session_count,
        sessions.last_session_at,
        coalesce(tickets.ticket_count, 0) as ticket_count,
        coalesce(tickets.open_ticket_count, 0) as open_ticket_count,
        tickets.csat_score,
        nps_respondents.score as nps_score,
        nps_respondents.responded_at as nps_responded_at
    from person
    left join records
        on person.person_id = records.person_id
    left join account
        on person.account_id = account.account_id
    left join owner
        on account.owner_id = owner.owner_id
    left join person_milestones
        on person.person_id = person_milestones.person_id
    left join mqls
        on person.person_id = mqls.person_id
    left join deals
        on person.person_id = deals.person_id
    left join touched
        on person.person_id = touched.person_id
    left join last_touches
        on person.person_id = last_touches.person_id
    left join activities
        on person.person_id = activities.person_id
    left join sessions
        on person.person_id = sessions.person_id
    left join tickets
        on person.person_id = tickets.person_id
    left join nps_respondents
        on person.person_id = nps_respondents.person_id

)

select * from final
