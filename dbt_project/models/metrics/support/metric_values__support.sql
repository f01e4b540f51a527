with

ticket_times as (

    select * from {{ ref('ticket_times') }}

),

reported_window as (

    select * from {{ ref('policy_periods') }}
    where is_window

),

ticket_time_periods as (

    select * from {{ ref('ticket_time_periods') }}
    where is_window

),

csat_periods as (

    select * from {{ ref('csat_periods') }}
    where is_window

),

net_promoter_score as (

    select * from {{ ref('net_promoter_score') }}

),

tickets_created as (

    select ticket_times.*
    from ticket_times
    inner join reported_window
        on
            ticket_times.created_at >= reported_window.start_at
            and ticket_times.created_at < reported_window.end_at

),

-- All that wait, whenever they came in.
backlog as (

    select
        {{ policy('as_of_date') }} as as_of_date,
        count(*) filter (where not is_solved) as unsolved
    from ticket_times

),

final as (

    {% set rows = [] %}
    {% for span in ['first_reply', 'first_resolution', 'full_resolution'] %}
        {% do rows.append(metric(
            'ticket_' ~ span ~ '_calendar_minutes', 'tickets_created', span ~ '_minutes', 'minutes',
            ['ticket_id']
        )) %}
        {% do rows.append(metric(
            'ticket_' ~ span ~ '_business_minutes', 'tickets_created', span ~ '_business_minutes',
            'minutes', ['ticket_id']
        )) %}
        {% for average in ['mean', 'median'] %}
            {% do rows.append(metric(
                'ticket_' ~ span ~ '_minutes_' ~ average, 'ticket_time_periods',
                span ~ '_minutes_' ~ average, 'minutes', ['basis', 'period']
            )) %}
        {% endfor %}
    {% endfor %}

    {{ metrics(rows + [
        metric('ticket_reopens', 'tickets_created', 'reopens', 'count', ['ticket_id']),
        metric('tickets_counted', 'ticket_time_periods', 'tickets', 'count', ['period'],
            "basis = 'calendar'"),
        metric('tickets_unsolved', 'backlog', 'unsolved', 'count', {'as_of': 'as_of_date'}),
        metric('csat', 'csat_periods', 'csat', 'ratio',
            {'period': 'period', 'method': "'latest_per_ticket'"}),
        metric('csat', 'csat_periods', 'csat_of_all_responses', 'ratio',
            {'period': 'period', 'method': "'all_responses'"}),
        metric('csat_response_rate', 'csat_periods', 'response_rate', 'ratio', ['period']),
        metric('nps', 'net_promoter_score', 'nps', 'points', {'as_of': 'as_of_date'}),
        metric('nps_respondents', 'net_promoter_score', 'respondents', 'count',
            {'as_of': 'as_of_date'})
    ]) }}

)

select * from final
