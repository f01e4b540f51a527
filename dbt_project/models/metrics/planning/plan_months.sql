with

plan_targets as (

    select * from {{ ref('plan_targets') }}

),

month_shares as (

    select
        revenue_month,
        mql_month,
        position,
        revenue_share,
        cast(share_weight as hugeint) as share_weight
    from {{ ref('plan_month_shares') }}

),

to_split as (

    select
        'plan' as plan,
        plan_targets.plan_version,
        plan_targets.undefined_because,
        month_shares.*,
        cast(plan_targets.mql_needed as hugeint) as mql_needed,
        {{ in_minor_units('plan_targets.goal_amount') }} as goal_parts
    from plan_targets
    cross join month_shares

),

revenue as (

    select
        split.revenue_month,
        split.part
    from {{ split_by_weight(
        'to_split', 'goal_parts', 'share_weight', 'position', 'plan'
    ) }} as split

),

final as (

    select
        split.revenue_month,
        split.mql_month,
        split.plan_version,
        split.position,
        split.revenue_share,
        split.part as mql_due,
        {{ of_minor_units('revenue.part') }} as revenue_due,
        split.undefined_because
    from {{ split_by_weight(
        'to_split', 'mql_needed', 'share_weight', 'position', 'plan'
    ) }} as split
    inner join revenue
        on split.revenue_month = revenue.revenue_month

)

select * from final
