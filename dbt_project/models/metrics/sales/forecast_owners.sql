with

forecast_snapshot as (

    select * from {{ ref('forecast_snapshot') }}
    where snapshot_date <= {{ policy('as_of_date') }}

),

periods as (

    select * from {{ ref('policy_periods') }}

),

owner_quotas as (

    select * from {{ ref('owner_quotas') }}

),

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

called as (

    select
        forecast_snapshot.snapshot_date,
        forecast_snapshot.period,
        forecast_snapshot.owner_id,
        {{ converted('forecast_snapshot.amount', 'rates.rate') }} as amount
    from forecast_snapshot
    inner join periods
        on forecast_snapshot.period = periods.period
    left join rates
        on {{ rate_on('rates', "'plan'", 'forecast_snapshot.currency', policy('as_of_date')) }}

),

summed as (

    select
        snapshot_date,
        period,
        owner_id,
        {{ money_sum('amount') }} as forecast_amount
    from called
    group by snapshot_date, period, owner_id

),

compared as (

    select
        summed.*,
        cast(coalesce(owner_quotas.won_amount, 0) as {{ money_type() }}) as actual_amount,
        {{ forecast_miss('summed.forecast_amount', 'coalesce(owner_quotas.won_amount, 0)') }}
            as missed_amount,
        abs(coalesce(owner_quotas.won_amount, 0)) as actual_size
    from summed
    left join owner_quotas
        on
            summed.period = owner_quotas.period
            and summed.owner_id = owner_quotas.owner_id

),

final as (

    select
        cast(snapshot_date as varchar) || ' ' || period || ' ' || owner_id as owner_forecast,
        snapshot_date,
        period,
        owner_id,
        forecast_amount,
        actual_amount,
        missed_amount,
        {{ ratio('missed_amount', 'actual_size') }} as absolute_percentage_error
    from compared

)

select * from final
