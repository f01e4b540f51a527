-- Nobody gets lost between channels: all channels together are the months of the metrics.
with

summed as (

    select
        month,
        sum(leads) as leads,
        sum(leads_to_mql) as leads_to_mql,
        sum(leads_to_customer) as leads_to_customer,
        sum(mqls) as mqls,
        sum(mqls_to_sal) as mqls_to_sal,
        sum(mqls_to_sql) as mqls_to_sql,
        sum(opportunities_created) as opportunities_created,
        sum(opportunities_won) as opportunities_won,
        sum(opportunities_lost) as opportunities_lost,
        sum(won_amount) as won_amount
    from {{ ref('funnel') }}
    where in_window
    group by month

)

select lead_funnel.period
from {{ ref('lead_funnel') }} as lead_funnel
inner join {{ ref('policy_periods') }} as periods
    on lead_funnel.period = periods.period
inner join {{ ref('win_rates') }} as win_rates
    on lead_funnel.period = win_rates.period
left join summed
    on lead_funnel.period = summed.month
where
    periods.is_month
    and (
        lead_funnel.leads != coalesce(summed.leads, 0)
        or lead_funnel.leads_to_mql != coalesce(summed.leads_to_mql, 0)
        or lead_funnel.leads_to_customer != coalesce(summed.leads_to_customer, 0)
        or lead_funnel.mqls != coalesce(summed.mqls, 0)
        or lead_funnel.accepted != coalesce(summed.mqls_to_sal, 0)
        or lead_funnel.qualified != coalesce(summed.mqls_to_sql, 0)
        or win_rates.opps_created != coalesce(summed.opportunities_created, 0)
        or win_rates.opps_won != coalesce(summed.opportunities_won, 0)
        or win_rates.opps_lost != coalesce(summed.opportunities_lost, 0)
        or win_rates.won_amount != coalesce(summed.won_amount, 0)
    )
