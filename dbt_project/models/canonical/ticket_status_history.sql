with

ticket as (

    select * from {{ ref('ticket') }}

),

zendesk_changes as (

    select * from {{ ref('stg_zendesk__ticket_status_changes') }}
    where not is_deleted

),

zendesk_tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

zendesk_metrics as (

    select * from {{ ref('stg_zendesk__ticket_metrics') }}

),

intercom_conversations as (

    select * from {{ ref('stg_intercom__conversations') }}

),

intercom_parts as (

    select * from {{ ref('stg_intercom__conversation_parts') }}

),

ticket_statuses as (

    select * from {{ ref('ticket_status_map') }}

),

-- What a ticket is before the first change that we know of, and when it became what it is now.
lives as (

    select
        {{ entity_id('tic', record_reference('zendesk', 'tickets', 'zendesk_tickets.ticket_id')) }}
            as ticket_id,
        'new' as first_status,
        case
            when zendesk_tickets.is_deleted then zendesk_tickets.deleted_at
            else coalesce(zendesk_metrics.status_updated_at, zendesk_tickets.updated_at)
        end as settled_at
    from zendesk_tickets
    left join zendesk_metrics
        on zendesk_tickets.ticket_id = zendesk_metrics.ticket_id

    union all

    select
        {{ entity_id('tic', record_reference('intercom', 'conversations', 'conversation_id')) }}
            as ticket_id,
        'open' as first_status,
        case
            when is_deleted then _extracted_at
            when status = 'closed' then coalesce(last_closed_at, updated_at)
            else updated_at
        end as settled_at
    from intercom_conversations

),

source_changes as (

    select
        {{ entity_id('tic', record_reference('zendesk', 'tickets', 'ticket_id')) }} as ticket_id,
        'zendesk' as source,
        ticket_status_change_id as change_id,
        status as source_status,
        previous_status as previous_source_status,
        entered_at
    from zendesk_changes

    union all by name

    select
        {{ entity_id('tic', record_reference('intercom', 'conversations', 'conversation_id')) }}
            as ticket_id,
        'intercom' as source,
        conversation_part_id as change_id,
        status as source_status,
        created_at as entered_at
    from intercom_parts
    where status is not null

),

changes as (

    select
        source_changes.ticket_id,
        source_changes.change_id,
        coalesce(ticket_statuses.status, source_changes.source_status) as status,
        coalesce(previous_statuses.status, source_changes.previous_source_status)
            as previous_status,
        -- A tool may write its first change down before or after what it calls the creation.
        greatest(source_changes.entered_at, ticket.created_at) as entered_at
    from source_changes
    inner join ticket
        on source_changes.ticket_id = ticket.ticket_id
    left join ticket_statuses
        on
            source_changes.source = ticket_statuses.source
            and source_changes.source_status = ticket_statuses.source_status
    left join ticket_statuses as previous_statuses
        on
            source_changes.source = previous_statuses.source
            and source_changes.previous_source_status = previous_statuses.source_status

),

ordered_changes as (

    select
        *,
        row_number() over (
            partition by ticket_id
            order by entered_at, length(change_id), change_id
        ) as change_position
    from changes

),

first_changes as (

    select * from ordered_changes
    where change_position = 1

),

last_changes as (

    select
        ticket_id,
        max(entered_at) as entered_at,
        count(*) as change_count
    from changes
    group by ticket_id

),

-- Changes that nobody landed leave a beginning and an end that are known all the same.
entries as (

    select
        ticket.ticket_id,
        coalesce(
            first_changes.previous_status,
            case when ticket.source = 'zendesk' then first_changes.status end,
            lives.first_status
        ) as status,
        ticket.created_at as entered_at,
        0 as entry_position
    from ticket
    inner join lives
        on ticket.ticket_id = lives.ticket_id
    left join first_changes
        on ticket.ticket_id = first_changes.ticket_id

    union all

    select
        ticket_id,
        status,
        entered_at,
        change_position as entry_position
    from ordered_changes

    union all

    select
        ticket.ticket_id,
        ticket.current_status as status,
        greatest(ticket.created_at, lives.settled_at, last_changes.entered_at) as entered_at,
        coalesce(last_changes.change_count, 0) + 1 as entry_position
    from ticket
    inner join lives
        on ticket.ticket_id = lives.ticket_id
    left join last_changes
        on ticket.ticket_id = last_changes.ticket_id

),

compared as (

    select
        *,
        lag(status) over (partition by ticket_id order by entry_position) as status_before
    from entries

),

numbered as (

    select
        ticket_id,
        status,
        entered_at,
        row_number() over (partition by ticket_id order by entry_position) as seq
    from compared
    where status is distinct from status_before

),

final as (

    select
        numbered.ticket_id,
        numbered.status,
        numbered.entered_at,
        cast(numbered.seq as integer) as seq,
        numbered.ticket_id || '/' || cast(numbered.seq as varchar) as ticket_status_id,
        ticket.source,
        ticket.source_record_id,
        ticket._extracted_at
    from numbered
    inner join ticket
        on numbered.ticket_id = ticket.ticket_id

)

select * from final
