-- Every month of the window lies in it, and nothing else does.
with

win_rates as (

    select
        win_rates.*,
        periods.is_month
    from {{ ref('win_rates') }} as win_rates
    inner join {{ ref('policy_periods') }} as periods
        on win_rates.period = periods.period

)

select
    sum(opps_won) filter (where is_month) as won_in_months,
    sum(won_amount) filter (where is_month) as amount_in_months
from win_rates
having
    sum(opps_won) filter (where is_month) != sum(opps_won) filter (where is_window)
    or sum(opps_lost) filter (where is_month) != sum(opps_lost) filter (where is_window)
    or sum(won_amount) filter (where is_month) != sum(won_amount) filter (where is_window)
