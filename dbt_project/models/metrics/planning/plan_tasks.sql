with

tasks as (

    select
        *,
        cast(event_date as date) - 7 * due_weeks_before as nominal_due_date,
        greatest(lead_time_business_days, 1) as counted_days
    from {{ ref('plan_calendar') }}

),

business_schedule as (

    select * from {{ ref('business_schedule') }}

),

schedules as (

    select coalesce({{ policy('sla_schedule') }}, min(schedule_id)) as schedule_id
    from business_schedule

),

closed_days as (

    select distinct holiday.holiday_date
    from {{ ref('holiday') }} as holiday
    inner join schedules
        on holiday.schedule_id = schedules.schedule_id

),

open_weekdays as (

    select distinct business_schedule.weekday
    from business_schedule
    inner join schedules
        on business_schedule.schedule_id = schedules.schedule_id

),

-- A week has an open day unless it is a holiday: so far back every task finds its days.
reach as (

    select
        coalesce(min(nominal_due_date), {{ policy('as_of_date') }})
        - cast(
            7 * (coalesce(max(counted_days), 0) + (select count(*) from closed_days) + 2) as integer
        ) as first_day,
        coalesce(max(nominal_due_date), {{ policy('as_of_date') }}) as last_day
    from tasks

),

business_days as (

    select
        days.day,
        row_number() over (order by days.day) as day_no
    from {{ days_from(
        '(select first_day from reach)', '(select last_day from reach)'
    ) }} as days
    inner join open_weekdays
        on {{ weekday('days.day') }} = open_weekdays.weekday
    left join closed_days
        on days.day = closed_days.holiday_date
    where closed_days.holiday_date is null

),

due as (

    select
        tasks.task,
        max(business_days.day_no) as due_no
    from tasks
    left join business_days
        on tasks.nominal_due_date >= business_days.day
    group by tasks.task

),

dated as (

    select
        tasks.*,
        due_days.day as due_date,
        start_days.day as start_date
    from tasks
    inner join due
        on tasks.task = due.task
    left join business_days as due_days
        on due.due_no = due_days.day_no
    left join business_days as start_days
        on due.due_no - tasks.counted_days + 1 = start_days.day_no

),

final as (

    select
        task,
        position,
        event_date,
        due_weeks_before,
        lead_time_business_days,
        nominal_due_date,
        due_date,
        start_date,
        due_date < nominal_due_date as is_moved_back,
        case
            when due_date is null then null
            when start_date > {{ policy('as_of_date') }} then 'to come'
            when due_date >= {{ policy('as_of_date') }} then 'under way'
            else 'past due'
        end as state,
        case when due_date is null then 'no business hours are known of the schedule' end
            as undefined_because
    from dated

)

select * from final
