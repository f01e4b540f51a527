with

source as (

    select * from {{ every_version(source('zendesk', 'satisfaction_ratings')) }}

),

renamed as (

    select
        -- ids
        _key || '/' || cast(version_number as varchar) as satisfaction_rating_version_id,
        _key as satisfaction_rating_id,

        -- strings
        {{ json_text('payload', '$.score') }} as score,

        -- numbers
        version_number,

        -- booleans
        coalesce({{ json_text('payload', '$.score') }} not in ('offered', 'unoffered'), false)
            as is_response,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.updated_at')) }} as responded_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
