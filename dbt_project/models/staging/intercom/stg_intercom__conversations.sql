with

source as (

    select * from {{ latest_version(source('intercom', 'conversations')) }}

),

renamed as (

    select
        -- ids
        _key as conversation_id,
        {{ json_text('payload', '$.contacts.contacts[0].id') }} as contact_id,
        {{ json_text('payload', '$.company.id') }} as company_id,
        {{ json_text('payload', '$.admin_assignee_id') }} as assignee_admin_id,
        {{ json_text('payload', '$.team_assignee_id') }} as assignee_team_id,
        {{ json_text('payload', '$.statistics.last_closed_by_id') }} as last_closed_by_admin_id,

        -- strings
        {{ json_text('payload', '$.title') }} as title,
        {{ json_text('payload', '$.source.subject') }} as subject,
        {{ json_text('payload', '$.source.body') }} as first_message,
        {{ json_text('payload', '$.source.type') }} as via_channel,
        {{ json_text('payload', '$.source.delivered_as') }} as delivered_as,
        {{ json_text('payload', '$.source.author.type') }} as created_by,
        {{ json_text('payload', '$.state') }} as status,
        {{ json_text('payload', '$.priority') }} as priority,
        {{ json_texts('payload', '$.tags.tags[*].name') }} as tags,
        {{ json_text('payload', '$.custom_attributes') }} as custom_attributes,

        -- numbers
        {{ as_integer(json_text('payload', '$.statistics.time_to_assignment')) }}
            as seconds_to_assignment,
        {{ as_integer(json_text('payload', '$.statistics.time_to_admin_reply')) }}
            as seconds_to_first_reply,
        {{ as_integer(json_text('payload', '$.statistics.time_to_first_close')) }}
            as seconds_to_first_close,
        {{ as_integer(json_text('payload', '$.statistics.time_to_last_close')) }}
            as seconds_to_last_close,
        {{ as_integer(json_text('payload', '$.statistics.count_reopens')) }} as reopen_count,
        {{ as_integer(json_text('payload', '$.statistics.count_assignments')) }}
            as assignment_count,
        {{ as_integer(json_text('payload', '$.statistics.count_conversation_parts')) }}
            as part_count,

        -- booleans
        {{ as_boolean(json_text('payload', '$.open')) }} as is_open,
        {{ as_boolean(json_text('payload', '$.ai_agent_participated')) }}
            as has_ai_agent_participated,
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.waiting_since')) }} as waiting_since,
        {{ from_unix_seconds(json_text('payload', '$.snoozed_until')) }} as snoozed_until,
        {{ from_unix_seconds(json_text('payload', '$.statistics.first_contact_reply_at')) }}
            as first_contact_reply_at,
        {{ from_unix_seconds(json_text('payload', '$.statistics.first_admin_reply_at')) }}
            as first_admin_reply_at,
        {{ from_unix_seconds(json_text('payload', '$.statistics.first_close_at')) }}
            as first_closed_at,
        {{ from_unix_seconds(json_text('payload', '$.statistics.last_close_at')) }}
            as last_closed_at,
        {{ from_unix_seconds(json_text('payload', '$.created_at')) }} as created_at,
        {{ from_unix_seconds(json_text('payload', '$.updated_at')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
