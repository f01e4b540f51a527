with

source as (

    select * from {{ latest_version(source('marketo', 'activity_types')) }}

),

renamed as (

    select
        -- ids
        _key as activity_type_id,

        -- strings
        {{ json_text('payload', '$.name') }} as activity_type,
        {{ json_text('payload', '$.primaryAttribute.name') }} as primary_attribute,

        -- booleans
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
