with

acquisition_periods as (

    select * from {{ ref('acquisition_periods') }}

),

lifetime_value as (

    select * from {{ ref('lifetime_value') }}

),

marketing_efficiency as (

    select * from {{ ref('marketing_efficiency') }}

),

channel_costs as (

    select * from {{ ref('channel_costs') }}

),

opportunity_costs as (

    select * from {{ ref('opportunity_costs') }}

),

final as (

    {{ metrics([
        metric('sales_and_marketing_cost', 'acquisition_periods', 'sales_and_marketing_cost', 'money',
            ['period'], 'is_quarter or is_window'),
        metric('marketing_cost', 'acquisition_periods', 'marketing_cost', 'money', ['period'], 'is_window'),
        metric('new_customers', 'acquisition_periods', 'new_customers', 'count', ['period'], 'is_window'),
        metric('cac_fully_loaded', 'acquisition_periods', 'cac_fully_loaded', 'money_ratio', ['period'],
            'is_month or is_window'),
        metric('cac_marketing_only', 'acquisition_periods', 'cac_marketing_only', 'money_ratio',
            ['period'], 'is_window'),
        metric('cac_media_only', 'acquisition_periods', 'cac_media_only', 'money_ratio', ['period'],
            'is_window'),
        metric('cac_payback_months', 'acquisition_periods', 'payback_months_of_prior_cost', 'months',
            {'period': 'period', 'lag': "'prior_quarter'"}, 'has_prior_quarter'),
        metric('cac_payback_months', 'acquisition_periods', 'payback_months_of_same_cost', 'months',
            {'period': 'period', 'lag': "'none'"}, 'has_prior_quarter'),
        metric('arpa', 'lifetime_value', 'arpa', 'money_ratio', ['month']),
        metric('ltv', 'lifetime_value', 'ltv', 'money_ratio', ['period']),
        metric('ltv_capped', 'lifetime_value', 'ltv_capped', 'money_ratio', ['period']),
        metric('ltv_to_cac', 'lifetime_value', 'ltv_to_cac', 'ratio', ['period']),
        metric('new_revenue_closed_won', 'marketing_efficiency', 'new_revenue', 'money', ['period']),
        metric('mer_seed_cost_over_new_revenue', 'marketing_efficiency', 'cost_over_new_revenue',
            'ratio', ['period']),
        metric('mer_industry_revenue_over_cost', 'marketing_efficiency', 'revenue_over_cost', 'ratio',
            ['period']),
        metric('amer_new_revenue_over_cost', 'marketing_efficiency', 'new_revenue_over_cost', 'ratio',
            ['period']),
        metric('gtm_cost_ratio', 'marketing_efficiency', 'gtm_cost_ratio', 'ratio', ['period']),
        metric('closed_won_stream_share', 'marketing_efficiency', 'new_share', 'ratio',
            {'period': 'period', 'stream': "'new'"}),
        metric('closed_won_stream_share', 'marketing_efficiency', 'existing_share', 'ratio',
            {'period': 'period', 'stream': "'existing'"}),
        metric('closed_won_per_quota_carrying_rep', 'marketing_efficiency', 'won_per_carrier',
            'money_ratio', ['period']),
        metric('channel_spend', 'channel_costs', 'channel_spend', 'money', ['channel', 'period'],
            "channel != '(all)'"),
        metric('channel_leads', 'channel_costs', 'leads', 'count', ['channel', 'period'],
            "channel != '(all)'"),
        metric('channel_mqls', 'channel_costs', 'mqls', 'count', ['channel', 'period'],
            "channel != '(all)'"),
        metric('cpl', 'channel_costs', 'cpl', 'money_ratio', ['channel', 'period']),
        metric('cpmql', 'channel_costs', 'cpmql', 'money_ratio', ['channel', 'period']),
        metric('cost_per_opportunity', 'opportunity_costs', 'cost_per_opportunity', 'money_ratio',
            ['period']),
        metric('cost_per_won_opportunity', 'opportunity_costs', 'cost_per_won_opportunity',
            'money_ratio', ['period'])
    ]) }}

)

select * from final
