with

mrr_months as (

    select * from {{ ref('mrr_months') }}

),

account_mrr_months as (

    select * from {{ ref('account_mrr_months') }}
    where
        first_date >= {{ policy('window_start_date') }}
        and first_date < {{ policy('window_end_date') }}

),

mrr_movement_months as (

    select * from {{ ref('mrr_movement_months') }}

),

mrr_event_months as (

    select * from {{ ref('mrr_event_months') }}

),

segment_arr_months as (

    select * from {{ ref('segment_arr_months') }}

),

retention as (

    select * from {{ ref('retention') }}

),

cohort_mrr_losses as (

    select * from {{ ref('cohort_mrr_losses') }}

),

mrr_rates as (

    select * from {{ ref('mrr_rates') }}

),

expansion_rates as (

    select * from {{ ref('expansion_rates') }}

),

pooled_churn as (

    select * from {{ ref('pooled_churn') }}

),

new_mrr_quarters as (

    select * from {{ ref('new_mrr_quarters') }}

),

final as (

    {{ metrics([
        metric('mrr_closing', 'mrr_months', 'mrr_closing', 'money', ['month']),
        metric('mrr_opening', 'mrr_months', 'mrr_opening', 'money', ['month'], 'in_window'),
        metric('mrr_billed_closing', 'mrr_months', 'mrr_billed_closing', 'money', ['month'], 'in_window'),
        metric('mrr_closing_plan_rate', 'mrr_months', 'mrr_closing_at_plan', 'money', ['month'], 'in_window'),
        metric('arr_closing', 'mrr_months', 'arr_closing', 'money', ['month'], 'in_window'),
        metric('customers_closing', 'mrr_months', 'customers_closing', 'count', ['month'], 'in_window'),
        metric('account_mrr_closing', 'account_mrr_months', 'mrr_closing', 'money',
            ['account_id', 'month'], 'was_customer or is_customer'),
        metric('account_mrr_movement', 'account_mrr_months', 'mrr_moved', 'money',
            ['account_id', 'month', 'movement'], 'movement is not null'),
        metric('arr_closing_by_segment', 'segment_arr_months', 'arr_closing', 'money', ['month', 'segment']),
        metric('mrr_movement', 'mrr_movement_months', 'mrr', 'money', ['month', 'movement']),
        metric('mrr_movement_customers', 'mrr_movement_months', 'customers', 'count',
            ['month', 'movement'], "movement != 'fx'"),
        metric('mrr_movement_event_level_plan_rate', 'mrr_event_months', 'mrr_at_plan', 'money',
            ['month', 'movement']),
        metric('mrr_movement_event_count', 'mrr_event_months', 'events', 'count', ['month', 'movement']),
        metric('new_mrr', 'new_mrr_quarters', 'new_mrr', 'money', ['period']),
        metric('nrr', 'retention', 'nrr', 'ratio', ['period'], 'segment is null'),
        metric('nrr', 'retention', 'nrr', 'ratio', ['period', 'segment'], 'segment is not null'),
        metric('grr', 'retention', 'grr', 'ratio', ['period'], 'segment is null'),
        metric('grr', 'retention', 'grr', 'ratio', ['period', 'segment'], 'segment is not null'),
        metric('logo_churn_rate', 'retention', 'logo_churn_rate', 'ratio', ['period'], 'segment is null'),
        metric('logo_churn_rate', 'retention', 'logo_churn_rate', 'ratio',
            ['period', 'segment'], 'segment is not null'),
        metric('logo_retention_rate', 'retention', 'logo_retention_rate', 'ratio',
            ['period'], 'segment is null'),
        metric('logo_retention_rate', 'retention', 'logo_retention_rate', 'ratio',
            ['period', 'segment'], 'segment is not null'),
        metric('nrr_spot_fx', 'retention', 'nrr_spot_fx', 'ratio', ['period'], 'segment is null'),
        metric('grr_movement_method', 'cohort_mrr_losses', 'grr_movement_method', 'ratio', ['period']),
        metric('logo_churn_rate_stripe', 'mrr_rates', 'logo_churn_rate_stripe', 'ratio', {'period': 'month'}),
        metric('gross_mrr_churn_rate_chartmogul', 'mrr_rates', 'gross_mrr_churn_rate_chartmogul', 'ratio',
            {'period': 'month'}),
        metric('net_mrr_churn_rate_chartmogul', 'mrr_rates', 'net_mrr_churn_rate_chartmogul', 'ratio',
            {'period': 'month'}),
        metric('expansion_rate', 'mrr_rates', 'expansion_rate', 'ratio', {'period': 'month'}),
        metric('quick_ratio', 'mrr_rates', 'quick_ratio', 'ratio', {'period': 'month'}),
        metric('cross_sell_rate', 'expansion_rates', 'cross_sell_rate', 'ratio', ['period']),
        metric('upsell_rate', 'expansion_rates', 'upsell_rate', 'ratio', ['period']),
        metric('cross_sell_or_upsell_rate', 'expansion_rates', 'cross_sell_or_upsell_rate', 'ratio',
            ['period']),
        metric('cross_sell_mrr_plan_rate', 'expansion_rates', 'cross_sell_mrr_at_plan', 'money', ['period']),
        metric('upsell_mrr_plan_rate', 'expansion_rates', 'upsell_mrr_at_plan', 'money', ['period']),
        metric('monthly_logo_churn_rate_pooled', 'pooled_churn', 'monthly_logo_churn_rate', 'ratio',
            ['period'])
    ]) }}

)

select * from final
