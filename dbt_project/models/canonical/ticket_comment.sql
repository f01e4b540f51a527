with

ticket as (

    select * from {{ ref('ticket') }}

),

zendesk_comments as (

    select * from {{ ref('stg_zendesk__ticket_comments') }}
    where not is_deleted

),

zendesk_agents as (

    {{ zendesk_agents() }}

),

intercom_conversations as (

    select * from {{ ref('stg_intercom__conversations') }}

),

intercom_parts as (

    select * from {{ ref('stg_intercom__conversation_parts') }}

),

-- Minus one is the tool itself: what a machine writes answers nobody.
zendesk_written as (

    select
        {{ record_reference('zendesk', 'ticket_comments', 'zendesk_comments.comment_id') }}
            as record_reference,
        {{ record_reference('zendesk', 'tickets', 'zendesk_comments.ticket_id') }}
            as ticket_reference,
        case when zendesk_agents.user_id is not null then 'agent' else 'end_user' end
            as author_role,
        zendesk_comments.is_public,
        zendesk_comments.created_at,
        zendesk_comments._extracted_at
    from zendesk_comments
    left join zendesk_agents
        on zendesk_comments.author_id = zendesk_agents.user_id
    where zendesk_comments.author_id is distinct from '-1'

),

intercom_first_messages as (

    select
        {{ record_reference('intercom', 'conversations', 'conversation_id') }}
            as record_reference,
        {{ record_reference('intercom', 'conversations', 'conversation_id') }}
            as ticket_reference,
        case when created_by in ('admin', 'team') then 'agent' else 'end_user' end as author_role,
        true as is_public,
        created_at,
        _extracted_at
    from intercom_conversations
    where created_by is distinct from 'bot'

),

intercom_written as (

    select
        {{ record_reference('intercom', 'conversation_parts', 'conversation_part_id') }}
            as record_reference,
        {{ record_reference('intercom', 'conversations', 'conversation_id') }}
            as ticket_reference,
        author_role,
        is_public,
        created_at,
        _extracted_at
    from intercom_parts
    where
        (is_public or part_type in ('note', 'note_and_reopen'))
        and author_role != 'bot'

),

written as (

    select * from zendesk_written

    union all

    select * from intercom_first_messages

    union all

    select * from intercom_written

),

referenced as (

    select
        *,
        {{ reference_parts('record_reference') }}
    from written

),

final as (

    select
        {{ entity_id('com', 'referenced.record_reference') }} as comment_id,
        ticket.ticket_id,
        referenced.author_role,
        referenced.is_public,
        referenced.created_at,
        referenced.source,
        referenced.source_record_id,
        referenced._extracted_at
    from referenced
    inner join ticket
        on {{ entity_id('tic', 'referenced.ticket_reference') }} = ticket.ticket_id

)

select * from final
