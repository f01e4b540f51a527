with

source as (

    select * from {{ latest_version(source('hubspot', 'pipelines')) }}

),

renamed as (

    select
        -- ids
        _key as pipeline_key,
        {{ json_text('payload', '$.id') }} as pipeline_id,

        -- strings
        {{ json_text('payload', '$.objectType') }} as object_type,
        {{ json_text('payload', '$.label') }} as pipeline_label,

        -- numerics
        {{ as_integer(json_text('payload', '$.displayOrder')) }} as display_order,

        -- booleans
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
