-- Every ticket of a period is in the mart, and in the same state.
with

windows as (

    select * from {{ ref('ticket_time_periods') }}
    where basis = 'calendar' and is_window

),

periods as (

    select * from {{ ref('policy_periods') }}
    where is_window

),

summed as (

    select
        count(support.ticket_id) as tickets,
        count(*) filter (where support.is_solved) as tickets_solved
    from periods
    left join {{ ref('support') }} as support
        on
            periods.start_at <= support.created_at
            and periods.end_at > support.created_at

)

select
    windows.tickets,
    summed.tickets as tickets_of_mart
from windows
cross join summed
where
    windows.tickets != summed.tickets
    or windows.tickets_solved != summed.tickets_solved
