with

source as (

    select * from {{ latest_version(source('zendesk', 'schedules')) }}

),

intervals as (

    select
        _key,
        _deleted,
        _extracted_at,
        _run_id,
        {{ iana_time_zone(json_text('payload', '$.time_zone')) }} as timezone,
        unnest({{ json_list('payload', '$.intervals') }}) as opening
    from source

),

-- Minutes are counted from Sunday's midnight; an interval may run over several midnights.
days as (

    select
        intervals.*,
        week.day_number,
        greatest({{ as_integer(json_text('opening', '$.start_time')) }} - week.day_number * 1440, 0)
            as opens_at,
        least({{ as_integer(json_text('opening', '$.end_time')) }} - week.day_number * 1440, 1440)
            as closes_at
    from intervals
    cross join (values (0), (1), (2), (3), (4), (5), (6)) as week (day_number)

),

renamed as (

    select
        -- ids
        _key || '/' || cast(day_number * 1440 + opens_at as varchar) as schedule_interval_id,
        _key as schedule_id,

        -- strings
        timezone,
        {{ clock_time('opens_at') }} as open_time,
        {{ clock_time('closes_at') }} as close_time,

        -- numbers
        (day_number + 6) % 7 as weekday,

        -- booleans
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from days
    where opens_at < closes_at

)

select * from renamed
