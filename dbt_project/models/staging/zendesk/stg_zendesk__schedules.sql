with

source as (

    select * from {{ latest_version(source('zendesk', 'schedules')) }}

),

renamed as (

    select
        -- ids
        _key as schedule_id,

        -- strings
        {{ json_text('payload', '$.name') }} as schedule_name,
        {{ json_text('payload', '$.time_zone') }} as time_zone_name,
        {{ iana_time_zone(json_text('payload', '$.time_zone')) }} as timezone,

        -- booleans
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
