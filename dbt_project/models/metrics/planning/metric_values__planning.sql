with

plan_targets as (

    select * from {{ ref('plan_targets') }}

),

plan_channels as (

    select * from {{ ref('plan_channels') }}

),

plan_months as (

    select * from {{ ref('plan_months') }}

),

plan_tasks as (

    select * from {{ ref('plan_tasks') }}

),

final as (

    {{ metrics([
        metric('plan_won_needed', 'plan_targets', 'won_needed', 'ratio'),
        metric('plan_opportunities_needed', 'plan_targets', 'opportunities_needed', 'ratio'),
        metric('plan_pipeline_value_needed', 'plan_targets', 'pipeline_value_needed', 'money'),
        metric('plan_sql_needed', 'plan_targets', 'sql_needed', 'count'),
        metric('plan_mql_needed', 'plan_targets', 'mql_needed', 'count'),
        metric('plan_channel_mql_target', 'plan_channels', 'mql_target', 'count', ['channel']),
        metric('plan_channel_budget', 'plan_channels', 'budget', 'money', ['channel']),
        metric('plan_budget_total', 'plan_targets', 'budget_total', 'money'),
        metric('plan_mql_due_in_month', 'plan_months', 'mql_due', 'count',
            {'month': 'mql_month', 'revenue_month': 'revenue_month'}),
        metric('calendar_task_due', 'plan_tasks', 'due_date', 'text', ['task']),
        metric('calendar_task_start', 'plan_tasks', 'start_date', 'text', ['task'])
    ]) }}

)

select * from final
