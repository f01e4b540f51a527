-- A plan has no part twice and loses none: channels, months and their crossings are the whole.
with

targets as (

    select * from {{ ref('plan_targets') }}
    where undefined_because is null

),

channels as (

    select
        count(*) as channels,
        sum(mql_target) as mqls,
        case when count(budget) = count(*) then sum(budget) end as budget
    from {{ ref('plan_channels') }}

),

months as (

    select
        count(*) as months,
        sum(mql_due) as mqls,
        sum(revenue_due) as revenue
    from {{ ref('plan_months') }}

),

crossings as (

    select
        sum(planned_mqls) as mqls,
        sum(planned_cost) as cost,
        sum(planned_revenue) as revenue
    from {{ ref('plan_channel_months') }}

)

select targets.plan_version
from targets
cross join channels
cross join months
cross join crossings
where
    coalesce(channels.mqls, 0) + targets.mql_shortage != targets.mql_needed
    or (channels.channels > 0 and channels.budget is distinct from targets.budget_total)
    or (months.months > 0 and months.mqls != targets.mql_needed)
    or (months.months > 0 and months.revenue != targets.goal_amount)
    or crossings.mqls != channels.mqls
    or (channels.budget is not null and crossings.cost != channels.budget)
    or (channels.mqls > 0 and crossings.revenue != months.revenue)
