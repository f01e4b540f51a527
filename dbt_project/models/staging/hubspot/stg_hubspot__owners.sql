with

source as (

    select * from {{ latest_version(source('hubspot', 'owners')) }}

),

renamed as (

    select
        -- ids
        _key as owner_id,
        {{ json_text('payload', '$.userId') }} as user_id,

        -- strings
        {{ json_text('payload', '$.email') }} as email,
        {{ json_text('payload', '$.firstName') }} as first_name,
        {{ json_text('payload', '$.lastName') }} as last_name,
        {{ primary_team('payload') }} as team,

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
