with

source as (

    select * from {{ latest_version(source('salesforce', 'fields')) }}

),

renamed as (

    select
        -- ids
        _key as field_id,

        -- strings
        {{ json_text('payload', '$.sobject') }} as object_name,
        {{ json_text('payload', '$.field.name') }} as field_name,
        {{ json_text('payload', '$.field.label') }} as field_label,
        {{ json_text('payload', '$.field.type') }} as field_type,

        -- booleans
        {{ as_boolean(json_text('payload', '$.field.custom')) }} as is_custom,
        {{ as_boolean(json_text('payload', '$.field.calculated')) }} as is_calculated,
        {{ as_boolean(json_text('payload', '$.field.nillable')) }} as is_nullable,
        {{ as_boolean(json_text('payload', '$.field.filterable')) }} as is_filterable,
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
