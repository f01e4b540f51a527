with

source as (

    select * from {{ latest_version(source('zendesk', 'user_fields')) }}

),

renamed as (

    select
        -- ids
        _key as user_field_id,

        -- strings
        {{ json_text('payload', '$.key') }} as field_key,
        {{ json_text('payload', '$.title') }} as field_title,
        {{ json_text('payload', '$.type') }} as field_type,
        {{ json_text('payload', '$.tag') }} as tag,
        {{ json_list('payload', '$.custom_field_options') }} as field_options,

        -- booleans
        {{ as_boolean(json_text('payload', '$.active')) }} as is_active,
        true as is_custom,
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.created_at')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.updated_at')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
