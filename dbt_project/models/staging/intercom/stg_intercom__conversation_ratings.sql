with

source as (

    select * from {{ latest_version(source('intercom', 'conversations')) }}

),

renamed as (

    select
        -- ids
        _key as conversation_id,
        {{ json_text('payload', '$.conversation_rating.contact.id') }} as contact_id,
        {{ json_text('payload', '$.conversation_rating.teammate.id') }} as admin_id,

        -- strings
        {{ json_text('payload', '$.conversation_rating.remark') }} as remark,

        -- numbers
        {{ as_integer(json_text('payload', '$.conversation_rating.rating')) }} as score,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.conversation_rating.created_at')) }}
            as requested_at,
        {{ from_unix_seconds(json_text('payload', '$.conversation_rating.updated_at')) }}
            as responded_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source
    where {{ json_text('payload', '$.conversation_rating.rating') }} is not null

)

select * from renamed
