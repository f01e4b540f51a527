with

win_rates as (

    select * from {{ ref('win_rates') }}

),

sales_cycle_periods as (

    select * from {{ ref('sales_cycle_periods') }}

),

pipeline as (

    select * from {{ ref('pipeline') }}

),

factors as (

    select
        win_rates.period,
        win_rates.is_window,
        pipeline.opportunity_count,
        win_rates.opps_won,
        win_rates.opps_won + win_rates.opps_lost as opps_decided,
        win_rates.opps_won_with_amount,
        {{ whole('win_rates.won_amount', 3) }} as won_thousandths,
        sales_cycle_periods.won_count as cycle_count,
        {{ whole('sales_cycle_periods.created_to_won_us') }} as cycle_us
    from win_rates
    cross join pipeline
    inner join sales_cycle_periods
        on win_rates.period = sales_cycle_periods.period

),

-- One fraction, so that neither the average deal nor the mean cycle is rounded on the way: a
-- thousandth of money per microsecond is 86,400,000 units per day.
final as (

    select
        period,
        is_window,
        case
            when opps_won_with_amount > 0
                then {{ money_of_fraction('won_thousandths', '(1000 * opps_won_with_amount)') }}
        end as average_deal_value,
        case
            when opps_decided > 0 and opps_won_with_amount > 0 and cycle_us > 0
                then {{ ratio_of_products(
                    ['opportunity_count', 'opps_won', 'cycle_count', 'won_thousandths', '86400000'],
                    ['opps_decided', 'opps_won_with_amount', 'cycle_us']
                ) }}
        end as velocity_per_day
    from factors

)

select * from final
