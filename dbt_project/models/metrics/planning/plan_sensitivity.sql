with

plan_budgets as (

    select * from {{ ref('plan_budgets') }}

),

planned as (

    select * from plan_budgets
    where scenario = 'plan'

),

final as (

    select
        changed.scenario,
        changed.changed_input,
        changed.change_pct,
        changed.won_needed,
        changed.opportunities_needed,
        changed.pipeline_value_needed,
        changed.sql_needed,
        changed.mql_needed,
        changed.mql_shortage,
        changed.budget_total,
        changed.mql_needed - planned.mql_needed as mql_needed_change,
        changed.budget_total - planned.budget_total as budget_total_change,
        {{ ratio(
            'changed.mql_needed - planned.mql_needed', 'planned.mql_needed', places=0
        ) }} as mql_needed_change_share
    from plan_budgets as changed
    cross join planned
    where changed.scenario != 'plan'

)

select * from final
