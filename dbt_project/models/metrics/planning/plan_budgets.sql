with

plan_scenarios as (

    select * from {{ ref('plan_scenarios') }}

),

scenario_channels as (

    select * from {{ ref('plan_scenario_channels') }}

),

-- Of what a budget is not known, the total is not known either.
summed as (

    select
        scenario,
        cast(sum(mql_target) as hugeint) as mql_assigned,
        case when count(budget) = count(*) then {{ money_sum('budget') }} end as budget_total
    from scenario_channels
    group by scenario

),

final as (

    select
        plan_scenarios.scenario,
        plan_scenarios.plan_version,
        plan_scenarios.changed_input,
        plan_scenarios.change_pct,
        plan_scenarios.goal_amount,
        plan_scenarios.deducted_pipeline,
        plan_scenarios.won_needed,
        plan_scenarios.opportunities_needed,
        plan_scenarios.pipeline_value_needed,
        plan_scenarios.sql_needed,
        plan_scenarios.mql_needed,
        case when plan_scenarios.mql_needed is not null then coalesce(summed.mql_assigned, 0) end
            as mql_assigned,
        plan_scenarios.mql_needed
        - case when plan_scenarios.mql_needed is not null then coalesce(summed.mql_assigned, 0) end
            as mql_shortage,
        summed.budget_total,
        plan_scenarios.undefined_because
    from plan_scenarios
    left join summed
        on plan_scenarios.scenario = summed.scenario

)

select * from final
