with

business_schedule as (

    select * from {{ ref('business_schedule') }}

),

holiday as (

    select * from {{ ref('holiday') }}

),

tickets as (

    select * from {{ ref('ticket') }}

),

person_stage_history as (

    select * from {{ ref('person_stage_history') }}

),

clocks_start as (

    select min(created_at) as instant from tickets

    union all

    select min(entered_at) as instant from person_stage_history

    union all

    select {{ policy('as_of') }} as instant

),

-- Two days to either side, whatever the zones. What is open is measured up to the as-of instant.
days as (

    select day
    from
        {{ days_from(
            '(select cast(min(instant) as date) - 2 from clocks_start)',
            '(select cast(max(instant) as date) + 2 from clocks_start)'
        ) }}

),

opened as (

    select
        business_schedule.schedule_id,
        business_schedule.timezone,
        business_schedule.close_time,
        days.day,
        {{ wall_clock('days.day', 'business_schedule.open_time', 'business_schedule.timezone') }}
            as opens_at,
        {{ wall_clock('days.day', 'business_schedule.close_time', 'business_schedule.timezone') }}
            as closes_at,
        lpad(business_schedule.close_time, 5, '0') <= lpad(business_schedule.open_time, 5, '0')
            as is_night_shift
    from business_schedule
    inner join days
        on business_schedule.weekday = {{ weekday('days.day') }}
    left join holiday
        on
            business_schedule.schedule_id = holiday.schedule_id
            and days.day = holiday.holiday_date
    where holiday.holiday_date is null

),

-- A night shift belongs to the day on which it begins.
shifts as (

    select
        opened.schedule_id,
        opened.opens_at,
        case
            when opened.is_night_shift
                then {{ wall_clock('opened.day + 1', 'opened.close_time', 'opened.timezone') }}
            else opened.closes_at
        end as closes_at
    from opened

),

-- Before a schedule's first hours its clock shows nothing, which is not the same as no clock.
from_the_beginning as (

    select
        schedule_id,
        opens_at,
        closes_at
    from shifts

    union all

    select distinct
        schedule_id,
        timestamptz '0001-01-01 00:00:00+00' as opens_at,
        timestamptz '0001-01-01 00:00:00+00' as closes_at
    from business_schedule

),

final as (

    select
        schedule_id || ':' || cast({{ microseconds('opens_at') }} as varchar) as hours_key,
        schedule_id,
        opens_at,
        closes_at,
        coalesce(
            sum({{ microseconds('closes_at') }} - {{ microseconds('opens_at') }}) over (
                partition by schedule_id
                order by opens_at
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as business_us_before
    from from_the_beginning

)

select * from final
