with

schedules as (

    select * from {{ ref('stg_zendesk__schedules') }}
    where not is_deleted

),

zendesk_holidays as (

    select * from {{ ref('stg_zendesk__holidays') }}
    where not is_deleted

),

declared_holidays as (

    select * from {{ ref('declared_holidays') }}

),

closures as (

    select
        {{ entity_id(
            'sch', record_reference('zendesk', 'schedules', 'zendesk_holidays.schedule_id')
        ) }} as schedule_id,
        zendesk_holidays.start_date as first_date,
        coalesce(zendesk_holidays.end_date, zendesk_holidays.start_date) as last_date,
        zendesk_holidays.holiday_name,
        'zendesk' as source,
        zendesk_holidays.holiday_id as source_record_id,
        zendesk_holidays._extracted_at
    from zendesk_holidays
    inner join schedules
        on zendesk_holidays.schedule_id = schedules.schedule_id

    union all by name

    select
        schedule_id,
        first_date,
        coalesce(last_date, first_date) as last_date,
        holiday_name,
        'declared' as source,
        schedule_id as source_record_id
    from declared_holidays

),

days as (

    select
        *,
        {{ each_day('first_date', 'last_date') }} as holiday_date
    from closures

),

-- A day within a longer closure is a holiday once, under the name of the shorter one.
ranked as (

    select
        *,
        row_number() over (
            partition by schedule_id, holiday_date
            order by last_date - first_date, source_record_id, holiday_name
        ) as closure_rank
    from days

),

final as (

    select
        schedule_id,
        holiday_date,
        holiday_name,
        schedule_id || '/' || cast(holiday_date as varchar) as holiday_id,
        source,
        source_record_id,
        _extracted_at
    from ranked
    where closure_rank = 1

)

select * from final
