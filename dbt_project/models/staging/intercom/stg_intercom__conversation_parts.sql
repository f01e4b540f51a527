with

source as (

    select * from {{ latest_version(source('intercom', 'conversations')) }}

),

-- Intercom shows the 500 newest parts: what an earlier version held is a part of it still.
versions as (

    select landed.*
    from {{ source('intercom', 'conversations') }} as landed
    where landed._key in (select source._key from source)

),

parts as (

    select
        _key,
        _extracted_at,
        _run_id,
        unnest(
            {{ json_list('payload', '$.conversation_parts.conversation_parts') }}
        ) as payload
    from versions

),

newest as (

    select
        _key,
        {{ json_text('payload', '$.id') }} as part_id,
        arg_max(payload, row(_extracted_at, _run_id)) as payload
    from parts
    group by all

),

renamed as (

    select
        -- ids
        newest.part_id as conversation_part_id,
        newest._key as conversation_id,
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
        case {{ json_text('newest.payload', '$.part_type') }}
            when 'close' then 'closed'
            when 'open' then 'open'
            when 'snoozed' then 'snoozed'
            else {{ json_text('newest.payload', '$.state') }}
        end as status,

        -- booleans
        case
            -- A comment may be a file or a picture and no words.
            when {{ json_text('newest.payload', '$.part_type') }} in ('comment', 'quick_reply')
                then true
            when {{ json_text('newest.payload', '$.part_type') }} in ('open', 'close')
                then {{ json_text('newest.payload', '$.body') }} is not null
            else false
        end as is_public,
        {{ as_boolean(json_text('newest.payload', '$.redacted')) }} as is_redacted,
        source._deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('newest.payload', '$.created_at')) }} as created_at,
        {{ from_unix_seconds(json_text('newest.payload', '$.updated_at')) }} as updated_at,

        -- lineage
        newest._key,
        source._extracted_at,
        source._run_id
    from newest
    inner join source on newest._key = source._key

)

select * from renamed
