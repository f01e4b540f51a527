with

source as (

    select * from {{ source('intercom', 'conversations') }}

),

-- Intercom shows the 500 newest parts: what an earlier version held is a part of it still.
parts as (

    select
        _key as conversation_id,
        _deleted,
        _extracted_at,
        _run_id,
        unnest(
            {{ json_list('payload', '$.conversation_parts.conversation_parts') }}
        ) as payload
    from source

),

newest as (

    select
        conversation_id,
        {{ json_text('payload', '$.id') }} as part_id,
        arg_max(payload, row(_extracted_at, _run_id)) as payload,
        max(_extracted_at) as _extracted_at,
        arg_max(_run_id, row(_extracted_at, _run_id)) as _run_id
    from parts
    group by all

),

conversations as (

    select
        _key,
        _deleted
    from {{ latest_version(source('intercom', 'conversations')) }}

),

renamed as (

    select
        -- ids
        newest.part_id as conversation_part_id,
        newest.conversation_id,
        {{ json_text('newest.payload', '$.author.id') }} as author_id,
        {{ json_text('newest.payload', '$.assigned_to.id') }} as assigned_admin_id,

        -- strings
        {{ json_text('newest.payload', '$.part_type') }} as part_type,
        {{ json_text('newest.payload', '$.author.type') }} as author_type,
        case
            when {{ json_text('newest.payload', '$.author.type') }} in ('user', 'lead', 'contact')
                then 'end_user'
            when {{ json_text('newest.payload', '$.author.type') }} in ('admin', 'team')
                then 'agent'
            else 'bot'
        end as author_role,
        {{ json_text('newest.payload', '$.body') }} as body,
        {{ json_text('newest.payload', '$.state') }} as status,

        -- booleans
        {{ json_text('newest.payload', '$.part_type') }} = 'comment' as is_public,
        {{ as_boolean(json_text('newest.payload', '$.redacted')) }} as is_redacted,
        conversations._deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('newest.payload', '$.created_at')) }} as created_at,
        {{ from_unix_seconds(json_text('newest.payload', '$.updated_at')) }} as updated_at,

        -- lineage
        newest._extracted_at,
        newest._run_id
    from newest
    inner join conversations on newest.conversation_id = conversations._key

)

select * from renamed
