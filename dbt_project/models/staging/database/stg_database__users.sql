with

source as (

    select * from {{ latest_version(source('database', 'users')) }}

),

renamed as (

    select
        -- ids
        _key as user_id,
        {{ json_text('payload', '$.customer_id') }} as customer_id,

        -- strings
        {{ json_text('payload', '$.email') }} as email,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.created_at')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.last_seen_at')) }} as last_seen_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
