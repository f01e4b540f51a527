with

source as (

    select * from {{ latest_version(source('zendesk', 'users')) }}

),

held as (

    select
        _key,
        _deleted,
        _extracted_at,
        _run_id,
        unnest({{ json_names('payload', '$.user_fields') }}) as field_key,
        unnest({{ json_values('payload', '$.user_fields') }}) as field_value
    from source

),

renamed as (

    select
        -- ids
        _key || '/' || field_key as user_field_value_id,
        _key as user_id,
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
