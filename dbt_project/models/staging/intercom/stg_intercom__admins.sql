with

source as (

    select * from {{ latest_version(source('intercom', 'admins')) }}

),

renamed as (

    select
        -- ids
        _key as admin_id,

        -- strings
        {{ json_text('payload', '$.name') }} as admin_name,
        {{ json_text('payload', '$.email') }} as email,
        {{ json_text('payload', '$.job_title') }} as job_title,

        -- booleans
        {{ as_boolean(json_text('payload', '$.has_inbox_seat')) }} as has_inbox_seat,
        {{ as_boolean(json_text('payload', '$.away_mode_enabled')) }} as is_away,
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
