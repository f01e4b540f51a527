with

source as (

    select * from {{ latest_version(source('intercom', 'data_attributes')) }}

),

renamed as (

    select
        -- ids
        _key as data_attribute_id,
        {{ json_text('payload', '$.id') }} as custom_attribute_id,

        -- strings
        {{ json_text('payload', '$.model') }} as model,
        {{ json_text('payload', '$.name') }} as attribute_name,
        {{ json_text('payload', '$.full_name') }} as full_name,
        {{ json_text('payload', '$.label') }} as label,
        {{ json_text('payload', '$.data_type') }} as data_type,

        -- booleans
        {{ as_boolean(json_text('payload', '$.custom')) }} as is_custom,
        _deleted or {{ as_boolean(json_text('payload', '$.archived')) }} as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.created_at')) }} as created_at,
        {{ from_unix_seconds(json_text('payload', '$.updated_at')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
