with

source as (

    select * from {{ every_version(source('intercom', 'conversations')) }}

),

renamed as (

    select
        -- ids
        _key || '/' || cast(version_number as varchar) as conversation_rating_version_id,
        _key as conversation_id,

        -- numbers
        version_number,
        {{ as_integer(json_text('payload', '$.conversation_rating.rating')) }} as score,

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
