with

person_milestones as (

    select * from {{ ref('person_milestones') }}

),

mql_responses as (

    select * from {{ ref('mql_responses') }}

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window

),

-- Each cohort is told by when it began: leads by the first LEAD, MQLs by the first MQL.
beginnings as (

    select
        first_lead_at as began_at,
        1 as leads,
        case when first_mql_at is not null then 1 else 0 end as leads_to_mql,
        case when is_buyer then 1 else 0 end as leads_to_customer,
        0 as mqls,
        0 as accepted,
        0 as qualified,
        0 as mql_entries
    from person_milestones
    where first_lead_at is not null

    union all

    select
        first_mql_at as began_at,
        0 as leads,
        0 as leads_to_mql,
        0 as leads_to_customer,
        1 as mqls,
        case when accepted_at is not null then 1 else 0 end as accepted,
        case when qualified_at is not null then 1 else 0 end as qualified,
        0 as mql_entries
    from person_milestones
    where first_mql_at is not null

    union all

    select
        entered_at as began_at,
        0 as leads,
        0 as leads_to_mql,
        0 as leads_to_customer,
        0 as mqls,
        0 as accepted,
        0 as qualified,
        1 as mql_entries
    from mql_responses

),

counted as (

    select
        periods.period,
        periods.is_window,
        coalesce(sum(beginnings.leads), 0) as leads,
        coalesce(sum(beginnings.leads_to_mql), 0) as leads_to_mql,
        coalesce(sum(beginnings.leads_to_customer), 0) as leads_to_customer,
        coalesce(sum(beginnings.mqls), 0) as mqls,
        coalesce(sum(beginnings.accepted), 0) as accepted,
        coalesce(sum(beginnings.qualified), 0) as qualified,
        coalesce(sum(beginnings.mql_entries), 0) as mql_entries
    from periods
    left join beginnings
        on
            periods.start_at <= beginnings.began_at
            and periods.end_at > beginnings.began_at
    group by periods.period, periods.is_window

),

final as (

    select
        period,
        is_window,
        leads,
        leads_to_mql,
        leads_to_customer,
        mqls,
        mql_entries,
        accepted,
        qualified,
        {{ ratio('leads_to_mql', 'leads', places=0) }} as lead_to_mql_rate,
        {{ ratio('leads_to_customer', 'leads', places=0) }} as lead_to_customer_rate,
        {{ ratio('accepted', 'mqls', places=0) }} as mql_to_sal_rate,
        {{ ratio('qualified', 'accepted', places=0) }} as sal_to_sql_rate
    from counted

)

select * from final
