with

source as (

    select * from {{ latest_version(source('events', 'events')) }}

),

renamed as (

    select
        -- ids
        _key as event_id,
        {{ json_text('payload', '$.anonymousId') }} as anonymous_id,
        {{ json_text('payload', '$.userId') }} as user_id,
        {{ json_text('payload', '$.groupId') }} as group_id,

        -- strings
        {{ json_text('payload', '$.traits.name') }} as company_name,
        {{ json_text('payload', '$.traits.domain') }} as domain,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.receivedAt')) }} as received_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source
    where {{ json_text('payload', '$.type') }} = 'group'

)

select * from renamed
