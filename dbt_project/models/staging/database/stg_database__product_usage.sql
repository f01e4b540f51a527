with

source as (

    select * from {{ latest_version(source('database', 'product_usage')) }}

),

renamed as (

    select
        -- ids
        _key as product_usage_id,
        {{ json_text('payload', '$.customer_id') }} as customer_id,

        -- strings
        {{ json_text('payload', '$.usage_month') }} as usage_month,

        -- numerics
        {{ as_integer(json_text('payload', '$.licensed_seats')) }} as licensed_seats,
        {{ as_integer(json_text('payload', '$.active_users')) }} as active_users,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.updated_at')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
