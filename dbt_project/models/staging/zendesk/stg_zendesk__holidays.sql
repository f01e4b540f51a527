with

source as (

    select * from {{ latest_version(source('zendesk', 'holidays')) }}

),

renamed as (

    select
        -- ids
        _key as holiday_id,
        {{ json_text('payload', '$.schedule_id') }} as schedule_id,

        -- strings
        {{ json_text('payload', '$.name') }} as holiday_name,

        -- booleans
        _deleted as is_deleted,

        -- dates
        {{ as_date(json_text('payload', '$.start_date')) }} as start_date,
        {{ as_date(json_text('payload', '$.end_date')) }} as end_date,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
