with

schedules as (

    select * from {{ ref('stg_zendesk__schedules') }}
    where not is_deleted

),

intervals as (

    select * from {{ ref('stg_zendesk__schedule_intervals') }}
    where not is_deleted

),

declared_schedules as (

    select * from {{ ref('declared_schedules') }}

),

openings as (

    select
        {{ entity_id('sch', record_reference('zendesk', 'schedules', 'schedules.schedule_id')) }}
            as schedule_id,
        intervals.timezone,
        intervals.weekday,
        intervals.open_time,
        intervals.close_time,
        schedules.schedule_name,
        'zendesk' as source,
        schedules.schedule_id as source_record_id,
        intervals._extracted_at
    from intervals
    inner join schedules
        on intervals.schedule_id = schedules.schedule_id

    union all by name

    select
        schedule_id,
        coalesce(timezone, {{ policy('business_timezone') }}) as timezone,
        weekday,
        open_time,
        close_time,
        schedule_id as schedule_name,
        'declared' as source,
        schedule_id as source_record_id
    from declared_schedules

),

final as (

    select
        schedule_id,
        timezone,
        weekday,
        open_time,
        close_time,
        schedule_name,
        schedule_id || '/' || cast(weekday as varchar) || '/' || open_time
            as business_schedule_id,
        source,
        source_record_id,
        _extracted_at
    from openings

)

select * from final
