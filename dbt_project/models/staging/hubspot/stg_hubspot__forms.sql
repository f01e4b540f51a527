with

source as (

    select * from {{ latest_version(source('hubspot', 'forms')) }}

),

renamed as (

    select
        -- ids
        _key as form_id,

        -- strings
        {{ json_text('payload', '$.name') }} as form_name,
        lower({{ json_text('payload', '$.formType') }}) as form_type,

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
