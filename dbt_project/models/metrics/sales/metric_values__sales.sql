with

win_rates as (

    select * from {{ ref('win_rates') }}

),

final as (

    {{ metrics([
        metric('opps_won', 'win_rates', 'opps_won', 'count', ['period']),
        metric('opps_lost', 'win_rates', 'opps_lost', 'count', ['period']),
        metric('closed_won_amount', 'win_rates', 'won_amount', 'money', ['period']),
        metric('win_rate_count', 'win_rates', 'win_rate_count', 'ratio', ['period']),
        metric('win_rate_value', 'win_rates', 'win_rate_value', 'ratio', ['period']),
        metric('win_loss_ratio', 'win_rates', 'win_loss_ratio', 'ratio', ['period'])
    ]) }}

)

select * from final
