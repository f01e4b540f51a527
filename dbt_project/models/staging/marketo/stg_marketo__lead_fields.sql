with

source as (

    select * from {{ latest_version(source('marketo', 'lead_fields')) }}

),

renamed as (

    select
        -- ids
        _key as lead_field_id,

        -- strings
        {{ json_text('payload', '$.displayName') }} as display_name,
        {{ json_text('payload', '$.dataType') }} as data_type,

        -- booleans
        {{ as_boolean(json_text('payload', '$.updateable')) }} as is_updateable,
        {{ as_boolean(json_text('payload', '$.crmManaged')) }} as is_crm_managed,
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
