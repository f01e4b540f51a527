with

web_session as (

    select * from {{ ref('web_session') }}

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window

),

classified as (

    select
        *,
        engagement_seconds > {{ policy('engaged_session_seconds') }}
        or page_views >= {{ policy('engaged_session_page_views') }}
        or key_events >= {{ policy('engaged_session_key_events') }} as is_engaged
    from web_session

),

counted as (

    select
        periods.period,
        periods.is_window,
        count(classified.session_id) as sessions,
        count(*) filter (where classified.is_engaged) as engaged_sessions,
        count(classified.person_id) as sessions_of_persons,
        count(classified.account_id) as sessions_of_accounts
    from periods
    left join classified
        on
            periods.start_at <= classified.started_at
            and periods.end_at > classified.started_at
    group by periods.period, periods.is_window

),

final as (

    select
        *,
        {{ ratio('engaged_sessions', 'sessions', places=0) }} as engagement_rate,
        {{ ratio('sessions_of_persons', 'sessions', places=0) }} as person_link_rate,
        {{ ratio('sessions_of_accounts', 'sessions', places=0) }} as account_link_rate
    from counted

)

select * from final
