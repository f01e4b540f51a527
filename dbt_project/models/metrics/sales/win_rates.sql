with

opportunities_decided as (

    select * from {{ ref('opportunities_decided') }}
    where not is_left_out_of_win_rate

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window

),

counted as (

    select
        periods.period,
        count(*) filter (where opportunities_decided.is_won) as opps_won,
        count(*) filter (where not opportunities_decided.is_won) as opps_lost,
        coalesce(sum(opportunities_decided.amount) filter (where opportunities_decided.is_won), 0)
            as won_amount,
        coalesce(sum(opportunities_decided.amount), 0) as decided_amount
    from periods
    left join opportunities_decided
        on
            periods.first_date <= opportunities_decided.close_date
            and periods.end_date > opportunities_decided.close_date
    group by periods.period

),

final as (

    select
        period,
        opps_won,
        opps_lost,
        won_amount,
        {{ ratio('opps_won', '(opps_won + opps_lost)', places=0) }} as win_rate_count,
        {{ ratio('won_amount', 'decided_amount') }} as win_rate_value,
        {{ ratio('opps_won', 'opps_lost', places=0) }} as win_loss_ratio
    from counted

)

select * from final
