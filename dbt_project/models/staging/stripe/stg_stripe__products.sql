with

source as (

    select * from {{ latest_version(source('stripe', 'products')) }}

),

renamed as (

    select
        -- ids
        _key as product_id,
        {{ json_text('payload', '$.default_price') }} as default_price_id,

        -- strings
        {{ json_text('payload', '$.name') }} as product_name,
        {{ json_text('payload', '$.description') }} as description,
        {{ json_text('payload', '$.unit_label') }} as unit_label,

        -- booleans
        {{ as_boolean(json_text('payload', '$.active')) }} as is_active,
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.created')) }} as created_at,
        {{ from_unix_seconds(json_text('payload', '$.updated')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
