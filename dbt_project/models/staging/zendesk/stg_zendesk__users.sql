with

source as (

    select * from {{ latest_version(source('zendesk', 'users')) }}

),

renamed as (

    select
        -- ids
        _key as user_id,
        {{ json_text('payload', '$.organization_id') }} as organization_id,

        -- strings
        {{ json_text('payload', '$.name') }} as user_name,
        {{ json_text('payload', '$.email') }} as email,
        {{ json_text('payload', '$.role') }} as role,
        {{ json_text('payload', '$.phone') }} as phone,
        {{ json_text('payload', '$.locale') }} as locale,
        {{ json_text('payload', '$.time_zone') }} as time_zone,

        -- booleans
        {{ as_boolean(json_text('payload', '$.suspended')) }} as is_suspended,
        _deleted or coalesce({{ json_text('payload', '$.active') }} = 'false', false)
            as is_deleted,

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
