with

mrr_months as (

    select * from {{ ref('mrr_months') }}
    where in_window

),

mrr_movement_months as (

    select * from {{ ref('mrr_movement_months') }}

),

side_by_side as (

    select
        month,
        sum(mrr) filter (where movement = 'new') as new_mrr,
        sum(mrr) filter (where movement = 'expansion') as expansion_mrr,
        -sum(mrr) filter (where movement = 'contraction') as contraction_mrr,
        -sum(mrr) filter (where movement = 'churn') as churn_mrr,
        sum(mrr) filter (where movement = 'reactivation') as reactivation_mrr,
        sum(customers) filter (where movement = 'new') as new_customers,
        sum(customers) filter (where movement = 'churn') as churned_customers
    from mrr_movement_months
    group by month

),

totals as (

    select
        mrr_months.month,
        mrr_months.mrr_opening,
        mrr_months.customers_opening,
        side_by_side.churned_customers,
        side_by_side.expansion_mrr,
        mrr_months.customers_opening + side_by_side.new_customers as customers_held,
        side_by_side.churn_mrr + side_by_side.contraction_mrr as lost_mrr,
        side_by_side.expansion_mrr + side_by_side.reactivation_mrr as won_back_mrr,
        side_by_side.new_mrr
        + side_by_side.expansion_mrr
        + side_by_side.reactivation_mrr as gained_mrr
    from mrr_months
    inner join side_by_side
        on mrr_months.month = side_by_side.month

),

final as (

    select
        month,
        customers_opening,
        churned_customers,
        {{ ratio('churned_customers', 'customers_held', places=0) }} as logo_churn_rate_stripe,
        {{ ratio('lost_mrr', 'mrr_opening') }} as gross_mrr_churn_rate_chartmogul,
        {{ ratio('(lost_mrr - won_back_mrr)', 'mrr_opening') }} as net_mrr_churn_rate_chartmogul,
        {{ ratio('expansion_mrr', 'mrr_opening') }} as expansion_rate,
        {{ ratio('gained_mrr', 'lost_mrr') }} as quick_ratio
    from totals

)

select * from final
