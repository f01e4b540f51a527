with

mrr_rates as (

    select * from {{ ref('mrr_rates') }}

),

final as (

    select
        {{ policy('window_period') }} as period,
        {{ ratio('sum(churned_customers)', 'sum(customers_opening)', places=0) }}
            as monthly_logo_churn_rate
    from mrr_rates

)

select * from final
