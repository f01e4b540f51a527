with

source as (

    select * from {{ latest_version(source('zendesk', 'organizations')) }}

),

held as (

    select
        _key,
        _deleted,
        _extracted_at,
        _run_id,
        unnest({{ json_names('payload', '$.organization_fields') }}) as field_key,
        unnest({{ json_values('payload', '$.organization_fields') }}) as field_value
    from source

),

renamed as (

    select
        -- ids
        _key || '/' || field_key as organization_field_value_id,
        _key as organization_id,
        field_key,

        -- strings
        field_value,

        -- booleans
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from held
    where nullif(trim(field_value), '') is not null

)

select * from renamed
