with

plan_budgets as (

    select * from {{ ref('plan_budgets') }}
    where scenario = 'plan'

),

final as (

    select
        plan_version,
        goal_amount,
        deducted_pipeline,
        won_needed,
        opportunities_needed,
        pipeline_value_needed,
        sql_needed,
        mql_needed,
        mql_assigned,
        mql_shortage,
        budget_total,
        undefined_because
    from plan_budgets

)

select * from final
