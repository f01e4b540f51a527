with

revenue_periods as (

    select * from {{ ref('revenue_periods') }}
    where in_window

),

final as (

    {{ metrics([
        metric('invoiced_revenue_net', 'revenue_periods', 'invoiced_revenue', 'money',
            {'month': 'period'}, "kind = 'month'"),
        metric('recognised_revenue', 'revenue_periods', 'recognised_revenue', 'money',
            {'month': 'period'}, "kind = 'month'"),
        metric('total_revenue', 'revenue_periods', 'invoiced_revenue', 'money', ['period'], 'is_window'),
        metric('revenue_growth_rate', 'revenue_periods', 'revenue_growth_rate', 'ratio', ['period'],
            "kind in ('month', 'quarter') and has_prior"),
        metric('real_revenue_growth_rate_constant_currency', 'revenue_periods',
            'revenue_growth_rate_at_plan', 'ratio', ['period'], "kind = 'quarter' and has_prior")
    ]) }}

)

select * from final
