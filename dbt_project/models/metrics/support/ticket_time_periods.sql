with

ticket_times as (

    select * from {{ ref('ticket_times') }}

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window

),

by_clock as (

    select
        'calendar' as basis,
        ticket_id,
        created_at,
        is_solved,
        first_reply_us,
        first_resolution_us,
        full_resolution_us
    from ticket_times

    union all

    select
        'business' as basis,
        ticket_id,
        created_at,
        is_solved,
        first_reply_business_us as first_reply_us,
        first_resolution_business_us as first_resolution_us,
        full_resolution_business_us as full_resolution_us
    from ticket_times

),

clocks as (

    select 'calendar' as basis

    union all

    select 'business' as basis

),

final as (

    select
        periods.period || ':' || clocks.basis as period_basis,
        periods.period,
        periods.is_window,
        clocks.basis,
        count(by_clock.ticket_id) as tickets,
        count(*) filter (where by_clock.is_solved) as tickets_solved,
        {{ mean_duration('by_clock.first_reply_us', 60000000) }} as first_reply_minutes_mean,
        {{ median_duration('by_clock.first_reply_us', 60000000) }} as first_reply_minutes_median,
        {{ mean_duration('by_clock.first_resolution_us', 60000000) }}
            as first_resolution_minutes_mean,
        {{ median_duration('by_clock.first_resolution_us', 60000000) }}
            as first_resolution_minutes_median,
        {{ mean_duration('by_clock.full_resolution_us', 60000000) }}
            as full_resolution_minutes_mean,
        {{ median_duration('by_clock.full_resolution_us', 60000000) }}
            as full_resolution_minutes_median
    from periods
    cross join clocks
    left join by_clock
        on
            clocks.basis = by_clock.basis
            and periods.start_at <= by_clock.created_at
            and periods.end_at > by_clock.created_at
    group by periods.period, periods.is_window, clocks.basis

)

select * from final
