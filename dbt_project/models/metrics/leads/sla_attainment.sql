with

mql_responses as (

    select * from {{ ref('mql_responses') }}

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window

),

kept as (

    select
        'lead_response' as sla,
        entered_at,
        response_us as elapsed_us,
        response_sla_state as sla_state
    from mql_responses

    union all

    select
        'mql_to_sal' as sla,
        entered_at,
        decision_us as elapsed_us,
        decision_sla_state as sla_state
    from mql_responses

),

slas as (

    select 'lead_response' as sla

    union all

    select 'mql_to_sal' as sla

),

counted as (

    select
        periods.period,
        periods.is_window,
        slas.sla,
        count(*) filter (where kept.sla_state = 'met') as met,
        count(*) filter (where kept.sla_state = 'breached') as breached,
        count(*) filter (where kept.sla_state = 'pending') as pending,
        {{ mean_duration('kept.elapsed_us', 60000000) }} as elapsed_minutes_mean,
        {{ median_duration('kept.elapsed_us', 60000000) }} as elapsed_minutes_median
    from periods
    cross join slas
    left join kept
        on
            slas.sla = kept.sla
            and periods.start_at <= kept.entered_at
            and periods.end_at > kept.entered_at
    group by periods.period, periods.is_window, slas.sla

),

final as (

    select
        period || ':' || sla as period_sla,
        period,
        is_window,
        sla,
        met,
        breached,
        pending,
        {{ ratio('met', '(met + breached)', places=0) }} as attainment,
        elapsed_minutes_mean,
        elapsed_minutes_median
    from counted

)

select * from final
