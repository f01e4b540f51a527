with

plan_channels as (

    select * from {{ ref('plan_channels') }}

),

plan_months as (

    select * from {{ ref('plan_months') }}

),

month_shares as (

    select
        revenue_month,
        cast(share_weight as hugeint) as share_weight
    from {{ ref('plan_month_shares') }}

),

to_split as (

    select
        plan_channels.channel,
        plan_months.revenue_month,
        plan_months.mql_month,
        plan_months.position,
        plan_channels.position as channel_position,
        month_shares.share_weight,
        cast(plan_channels.mql_target as hugeint) as mql_target,
        cast(coalesce(plan_channels.mql_target, 0) as hugeint) as target_weight,
        {{ in_minor_units('plan_channels.budget') }} as budget_parts,
        {{ in_minor_units('plan_months.revenue_due') }} as revenue_parts
    from plan_channels
    cross join plan_months
    inner join month_shares
        on plan_months.revenue_month = month_shares.revenue_month

),

mqls as (

    select
        split.channel,
        split.revenue_month,
        split.mql_month,
        split.position,
        split.budget_parts,
        split.part as mqls
    from {{ split_by_weight(
        'to_split', 'mql_target', 'share_weight', 'position', 'channel'
    ) }} as split

),

-- What each month's MQLs cost, so that the months of a channel are its budget.
costs as (

    select
        split.channel,
        split.revenue_month,
        split.part as cost_parts
    from {{ split_by_weight('mqls', 'budget_parts', 'mqls', 'position', 'channel') }} as split

),

revenue as (

    select
        split.channel,
        split.revenue_month,
        split.part as revenue_parts
    from {{ split_by_weight(
        'to_split', 'revenue_parts', 'target_weight', 'channel_position', 'revenue_month'
    ) }} as split

),

final as (

    select
        mqls.revenue_month || ' ' || mqls.channel as channel_month,
        mqls.channel,
        mqls.revenue_month,
        mqls.mql_month,
        mqls.mqls as planned_mqls,
        case
            when mqls.mqls is not null then {{ of_minor_units('coalesce(costs.cost_parts, 0)') }}
        end as planned_cost,
        {{ of_minor_units('revenue.revenue_parts') }} as planned_revenue
    from mqls
    inner join costs
        on mqls.channel = costs.channel and mqls.revenue_month = costs.revenue_month
    inner join revenue
        on mqls.channel = revenue.channel and mqls.revenue_month = revenue.revenue_month

)

select * from final
