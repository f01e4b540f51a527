with

credit as (

    select * from {{ ref('attribution_credit') }}

),

channels as (

    select * from {{ ref('attribution_channels') }}

),

marketing_channels as (

    select * from channels
    where
        model = 'full_path'
        and scope = {{ policy('attribution_scope') }}
        and is_marketing_channel

),

returns as (

    select * from {{ ref('marketing_return') }}

),

paths as (

    select * from {{ ref('attribution_paths') }}
    where
        scope = {{ policy('attribution_scope') }}
        and is_closed_in_window

),

won_deals as (

    select * from {{ ref('marketing_influence') }}
    where outcome = 'won' and is_closed_in_window

),

contribution as (

    select * from {{ ref('marketing_contribution') }}

),

chain as (

    select * from {{ ref('channel_chain') }}
    where channel = '(all)'

),

markov_channels as (

    select * from {{ ref('markov_channels') }}

),

shapley_channels as (

    select * from {{ ref('shapley_channels') }}

),

{% set touch = ['model', 'opportunity_id', 'scope', 'touch_id'] %}
{% set weighed -%}
    is_attributed
    and model in ('linear', 'u_shaped', 'w_shaped', 'full_path', 'time_decay')
{%- endset %}

final as (

    {{ metrics([
        metric('attribution_revenue', 'credit', 'amount', 'money', touch, 'amount is not null'),
        metric('attribution_weight', 'credit', 'weight', 'ratio', touch, weighed),
        metric('attribution_revenue_by_channel', 'channels', 'credited_amount', 'money',
            ['channel', 'model', 'scope'], 'credited_amounts > 0'),
        metric('attribution_total', 'contribution', 'won_amount', 'money', ['period']),
        metric('channel_path', 'paths', 'channel_path', 'text', ['opportunity_id', 'outcome']),
        metric('markov_conversion_probability', 'chain', 'conversion_probability', 'ratio',
            {'removed': "'(none)'"}),
        metric('markov_removal_effect', 'markov_channels', 'removal_effect', 'ratio', ['channel']),
        metric('markov_share', 'markov_channels', 'share', 'ratio', ['channel']),
        metric('markov_revenue', 'markov_channels', 'credited_amount', 'money', ['channel']),
        metric('shapley_revenue', 'shapley_channels', 'credited_amount', 'money',
            {'channel': 'channel', 'value_function': "'cumulative_revenue'"}),
        metric('shapley_value', 'shapley_channels', 'shapley_value', 'ratio',
            {'channel': 'channel', 'value_function': "'conversion_rate'"}),
        metric('marketing_credit_class', 'won_deals', 'credit_class', 'text', ['opportunity_id']),
        metric('marketing_sourced_share_count', 'contribution', 'sourced_share_count', 'ratio',
            ['period']),
        metric('marketing_sourced_share_value', 'contribution', 'sourced_share_value', 'ratio',
            ['period']),
        metric('marketing_sourced_revenue', 'contribution', 'sourced_amount', 'money', ['period']),
        metric('marketing_influenced_share_count', 'contribution', 'influenced_share_count', 'ratio',
            ['period']),
        metric('marketing_influenced_share_value', 'contribution', 'influenced_share_value', 'ratio',
            ['period']),
        metric('marketing_influenced_revenue', 'contribution', 'influenced_amount', 'money',
            ['period']),
        metric('marketing_sourced_share_count_lead_source_method', 'contribution',
            'lead_source_share_count', 'ratio', ['period']),
        metric('touches_to_conversion_mean', 'contribution', 'touches_per_deal', 'touches',
            ['period']),
        metric('marketing_roi_full_path', 'returns', 'roi', 'ratio',
            {'period': 'period', 'scope': "'fully_loaded'"}),
        metric('channel_roi_full_path', 'marketing_channels', 'roi', 'ratio', ['channel', 'period']),
        metric('channel_roas_full_path', 'marketing_channels', 'roas', 'ratio',
            ['channel', 'period'])
    ]) }}

)

select * from final
