with

source as (

    select * from {{ latest_version(source('hubspot', 'properties')) }}

),

renamed as (

    select
        -- ids
        _key as property_id,

        -- strings
        {{ json_text('payload', '$.objectType') }} as object_type,
        {{ json_text('payload', '$.name') }} as property_name,
        {{ json_text('payload', '$.label') }} as property_label,
        {{ json_text('payload', '$.description') }} as property_description,
        {{ json_text('payload', '$.groupName') }} as property_group,
        {{ json_text('payload', '$.type') }} as property_type,
        {{ json_text('payload', '$.fieldType') }} as field_type,

        -- lists
        {{ json_texts('payload', '$.options[*].value') }} as option_values,

        -- booleans
        not {{ as_boolean(json_text('payload', '$.hubspotDefined')) }} as is_custom,
        {{ as_boolean(json_text('payload', '$.calculated')) }} as is_calculated,
        {{ as_boolean(json_text('payload', '$.hasUniqueValue')) }} as has_unique_value,
        _deleted or {{ as_boolean(json_text('payload', '$.archived')) }} as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.createdAt')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.updatedAt')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
