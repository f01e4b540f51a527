with

csat_response as (

    select * from {{ ref('csat_response') }}
    where score is not null

),

ticket_times as (

    select * from {{ ref('ticket_times') }}

),

erased as (

    select * from {{ ref('person') }}
    where is_deleted

),

ticket_time_periods as (

    select * from {{ ref('ticket_time_periods') }}
    where basis = 'calendar'

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window

),

-- What was said of a deleted or merged ticket, or by an erased person, does not count.
answers as (

    select
        periods.period,
        csat_response.score >= {{ policy('csat_positive_min') }} as is_positive,
        row_number() over (
            partition by periods.period, csat_response.ticket_id
            order by csat_response.responded_at desc, csat_response.response_id desc
        ) = 1 as is_latest
    from csat_response
    inner join ticket_times
        on csat_response.ticket_id = ticket_times.ticket_id
    inner join periods
        on
            csat_response.responded_at >= periods.start_at
            and csat_response.responded_at < periods.end_at
    left join erased
        on csat_response.person_id = erased.person_id
    where erased.person_id is null

),

counted as (

    select
        ticket_time_periods.period,
        ticket_time_periods.is_window,
        ticket_time_periods.tickets_solved,
        count(answers.period) as responses,
        count(*) filter (where answers.is_positive) as positive_responses,
        count(*) filter (where answers.is_latest) as tickets_rated,
        count(*) filter (where answers.is_latest and answers.is_positive) as tickets_rated_positive
    from ticket_time_periods
    left join answers
        on ticket_time_periods.period = answers.period
    group by
        ticket_time_periods.period,
        ticket_time_periods.is_window,
        ticket_time_periods.tickets_solved

),

final as (

    select
        *,
        {{ ratio('tickets_rated_positive', 'tickets_rated', places=0) }} as csat,
        {{ ratio('positive_responses', 'responses', places=0) }} as csat_of_all_responses,
        {{ ratio('tickets_rated', 'tickets_solved', places=0) }} as response_rate
    from counted

)

select * from final
