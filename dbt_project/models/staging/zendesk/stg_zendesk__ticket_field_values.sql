with

source as (

    select * from {{ latest_version(source('zendesk', 'tickets')) }}

),

held as (

    select
        _key,
        _deleted,
        _extracted_at,
        _run_id,
        unnest({{ json_list('payload', '$.custom_fields') }}) as held
    from source

),

renamed as (

    select
        -- ids
        _key || '/' || {{ json_text('held', '$.id') }} as ticket_field_value_id,
        _key as ticket_id,
        {{ json_text('held', '$.id') }} as ticket_field_id,

        -- strings
        {{ json_text('held', '$.value') }} as field_value,

        -- booleans
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from held
    where {{ json_text('held', '$.value') }} is not null

)

select * from renamed
