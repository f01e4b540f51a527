with

plan_actuals as (

    select * from {{ ref('plan_actuals') }}

),

plan_settings as (

    select * from {{ ref('plan_settings') }}

),

final as (

    select
        plan_actuals.channel_month,
        plan_settings.plan_version,
        plan_actuals.month,
        cast(plan_actuals.month || '-01' as date) as month_date,
        plan_actuals.channel,
        plan_actuals.is_planned,
        plan_actuals.state,
        plan_actuals.planned_mqls,
        plan_actuals.actual_mqls,
        plan_actuals.mql_variance,
        plan_actuals.mql_verdict,
        plan_actuals.planned_cost,
        plan_actuals.actual_cost,
        plan_actuals.cost_variance,
        plan_actuals.cost_verdict,
        plan_actuals.planned_cpmql,
        plan_actuals.actual_cpmql,
        plan_actuals.planned_revenue,
        plan_actuals.won_revenue,
        plan_actuals.revenue_variance,
        plan_actuals.revenue_verdict
    from plan_actuals
    cross join plan_settings

)

select * from final
