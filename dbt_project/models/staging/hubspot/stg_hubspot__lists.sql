with

source as (

    select * from {{ latest_version(source('hubspot', 'lists')) }}

),

renamed as (

    select
        -- ids
        _key as list_id,

        -- strings
        {{ json_text('payload', '$.name') }} as list_name,
        {{ json_text('payload', '$.objectTypeId') }} as object_type_id,
        lower({{ json_text('payload', '$.processingType') }}) as processing_type,

        -- booleans
        _deleted as is_deleted,

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
