with

source as (

    select * from {{ latest_version(source('database', 'web_sessions')) }}

),

renamed as (

    select
        -- ids
        _key as session_id,
        {{ json_text('payload', '$.anonymous_id') }} as anonymous_id,
        {{ json_text('payload', '$.user_id') }} as user_id,
        {{ json_text('payload', '$.customer_id') }} as customer_id,

        -- strings
        {{ json_text('payload', '$.channel') }} as channel,

        -- numerics
        {{ as_integer(json_text('payload', '$.page_views')) }} as page_views,
        {{ as_integer(json_text('payload', '$.engagement_seconds')) }} as engagement_seconds,
        {{ as_integer(json_text('payload', '$.key_events')) }} as key_events,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.started_at')) }} as started_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
