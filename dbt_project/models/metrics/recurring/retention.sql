with

account_mrr_months as (

    select * from {{ ref('account_mrr_months') }}

),

account as (

    select * from {{ ref('account') }}

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window

),

segments as (

    select distinct segment from account
    where segment is not null

),

asked as (

    select
        period,
        first_date,
        end_date,
        cast(null as varchar) as segment
    from periods

    union all

    select
        periods.period,
        periods.first_date,
        periods.end_date,
        segments.segment
    from periods
    cross join segments
    where periods.is_quarter or periods.is_window

),

-- Whoever pays at the start is looked at; whoever comes or returns later is not.
cohort as (

    select
        periods.period,
        account.segment,
        opening.account_id,
        opening.unrounded_closing_at_plan as start_at_plan,
        opening.unrounded_closing as start_at_spot,
        coalesce(closing.unrounded_closing_at_plan, 0) as end_at_plan,
        coalesce(closing.unrounded_closing, 0) as end_at_spot,
        opening.mrr_closing as reported_start,
        coalesce(closing.mrr_closing, 0) as reported_end,
        coalesce(closing.is_customer, false) as is_retained
    from periods
    inner join account_mrr_months as opening
        on periods.first_date = opening.end_date
    left join account_mrr_months as closing
        on
            opening.account_id = closing.account_id
            and periods.end_date = closing.end_date
    left join account
        on opening.account_id = account.account_id
    where opening.is_customer

),

summed as (

    select
        asked.period,
        asked.segment,
        count(cohort.account_id) as customers_at_start,
        count(*) filter (where cohort.is_retained) as customers_retained,
        sum(cohort.start_at_plan) as start_at_plan,
        sum(cohort.start_at_spot) as start_at_spot,
        sum(cohort.end_at_plan) as end_at_plan,
        sum(cohort.end_at_spot) as end_at_spot,
        sum(cohort.reported_start) as reported_start,
        sum(cohort.reported_end) as reported_end,
        sum(least(cohort.start_at_plan, cohort.end_at_plan)) as kept_at_plan,
        sum(least(cohort.start_at_spot, cohort.end_at_spot)) as kept_at_spot
    from asked
    left join cohort
        on
            asked.period = cohort.period
            and (asked.segment is null or asked.segment = cohort.segment)
    group by asked.period, asked.segment

),

-- Currency is kept out of retention, unless the policy says otherwise.
valued as (

    select
        *,
        case {{ policy('retention_fx') }} when 'spot' then start_at_spot else start_at_plan end
            as start_mrr,
        case {{ policy('retention_fx') }} when 'spot' then end_at_spot else end_at_plan end
            as end_mrr,
        case {{ policy('retention_fx') }} when 'spot' then kept_at_spot else kept_at_plan end
            as kept_mrr,
        customers_at_start - customers_retained as customers_lost
    from summed

),

final as (

    select
        period || coalesce(' ' || segment, '') as period_segment,
        period,
        segment,
        customers_at_start,
        customers_retained,
        start_mrr,
        end_mrr,
        kept_mrr,
        {{ ratio('end_mrr', 'start_mrr', places=12) }} as nrr,
        {{ ratio('kept_mrr', 'start_mrr', places=12) }} as grr,
        {{ ratio('reported_end', 'reported_start') }} as nrr_spot_fx,
        {{ ratio('customers_lost', 'customers_at_start', places=0) }} as logo_churn_rate,
        {{ ratio('customers_retained', 'customers_at_start', places=0) }} as logo_retention_rate
    from valued

)

select * from final
