with

zendesk_tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

zendesk_agents as (

    {{ zendesk_agents() }}

),

zendesk_merges as (

    select * from {{ ref('stg_zendesk__ticket_merges') }}

),

zendesk_ticket_schedules as (

    select * from {{ ref('stg_zendesk__ticket_schedules') }}

),

zendesk_schedules as (

    select * from {{ ref('stg_zendesk__schedules') }}
    where not is_deleted

),

intercom_conversations as (

    select * from {{ ref('stg_intercom__conversations') }}

),

ticket_statuses as (

    select * from {{ ref('ticket_status_map') }}

),

ticket_priorities as (

    select * from {{ ref('ticket_priority_map') }}

),

account_map as (

    select * from {{ ref('account_map') }}

),

person_map as (

    select * from {{ ref('person_map') }}

),

person as (

    select * from {{ ref('person') }}

),

given_schedules as (

    select
        ticket_id,
        schedule_id,
        row_number() over (
            partition by ticket_id
            order by assigned_at desc, length(ticket_schedule_id) desc, ticket_schedule_id desc
        ) as schedule_rank
    from zendesk_ticket_schedules
    where not is_deleted

),

last_schedules as (

    select
        given_schedules.ticket_id,
        given_schedules.schedule_id
    from given_schedules
    inner join zendesk_schedules
        on given_schedules.schedule_id = zendesk_schedules.schedule_id
    where given_schedules.schedule_rank = 1

),

ordered_schedules as (

    select
        schedule_id,
        row_number() over (
            order by created_at nulls last, length(schedule_id), schedule_id
        ) as schedule_position
    from zendesk_schedules

),

-- A ticket that no trigger gave a schedule follows the account's first one.
first_schedule as (

    select {{ first_by('schedule_id', 'schedule_position') }} as schedule_id
    from ordered_schedules

),

zendesk_records as (

    select
        {{ record_reference('zendesk', 'tickets', 'zendesk_tickets.ticket_id') }}
            as record_reference,
        {{ record_reference('zendesk', 'organizations', 'zendesk_tickets.organization_id') }}
            as company_reference,
        {{ record_reference('zendesk', 'users', 'zendesk_tickets.requester_id') }}
            as requester_reference,
        {{ record_reference('zendesk', 'tickets', 'targets.ticket_id') }} as target_reference,
        {{ record_reference(
            'zendesk', 'schedules', 'coalesce(last_schedules.schedule_id, first_schedule.schedule_id)'
        ) }} as schedule_reference,
        zendesk_tickets.created_at,
        zendesk_agents.user_id is not null as is_created_by_agent,
        zendesk_tickets.priority as source_priority,
        case
            when zendesk_tickets.is_deleted then 'deleted' else zendesk_tickets.status
        end as source_status,
        zendesk_tickets.is_merged or zendesk_merges.ticket_id is not null as is_merged,
        zendesk_tickets.is_deleted,
        zendesk_tickets._extracted_at
    from zendesk_tickets
    cross join first_schedule
    left join zendesk_agents
        on zendesk_tickets.submitter_id = zendesk_agents.user_id
    left join last_schedules
        on zendesk_tickets.ticket_id = last_schedules.ticket_id
    left join zendesk_merges
        on zendesk_tickets.ticket_id = zendesk_merges.ticket_id
    left join zendesk_tickets as targets
        on
            zendesk_merges.merged_into_ticket_id = targets.ticket_id
            and zendesk_tickets.ticket_id != targets.ticket_id

),

intercom_records as (

    select
        {{ record_reference('intercom', 'conversations', 'conversation_id') }}
            as record_reference,
        {{ record_reference('intercom', 'companies', 'company_id') }} as company_reference,
        {{ record_reference('intercom', 'contacts', 'contact_id') }} as requester_reference,
        created_at,
        coalesce(created_by in ('admin', 'team'), false) as is_created_by_agent,
        priority as source_priority,
        status as source_status,
        false as is_merged,
        is_deleted,
        _extracted_at
    from intercom_conversations

),

records as (

    select * from zendesk_records

    union all by name

    select * from intercom_records

),

referenced as (

    select
        *,
        {{ reference_parts('record_reference') }}
    from records

),

final as (

    select
        {{ entity_id('tic', 'referenced.record_reference') }} as ticket_id,
        coalesce(account_map.account_id, person.account_id) as account_id,
        person_map.person_id as requester_person_id,
        coalesce(
            {{ entity_id('sch', 'referenced.schedule_reference') }},
            '{{ var("default_schedule") }}'
        ) as schedule_id,
        referenced.created_at,
        case when referenced.is_created_by_agent then 'agent' else 'end_user' end as created_by,
        coalesce(ticket_priorities.priority, referenced.source_priority) as priority,
        case
            when referenced.is_deleted then 'deleted'
            else coalesce(ticket_statuses.status, referenced.source_status)
        end as current_status,
        {{ entity_id('tic', 'referenced.target_reference') }} as merged_into_ticket_id,
        referenced.is_deleted,
        referenced.source_status,
        referenced.is_merged,
        referenced.source,
        referenced.source_record_id,
        referenced._extracted_at
    from referenced
    left join ticket_statuses
        on
            referenced.source = ticket_statuses.source
            and referenced.source_status = ticket_statuses.source_status
    left join ticket_priorities
        on
            referenced.source = ticket_priorities.source
            and referenced.source_priority = ticket_priorities.source_priority
    left join account_map
        on referenced.company_reference = account_map.record_reference
    left join person_map
        on referenced.requester_reference = person_map.record_reference
    left join person
        on person_map.person_id = person.person_id

)

select * from final
