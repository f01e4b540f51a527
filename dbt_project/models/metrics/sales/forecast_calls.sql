with

forecast_owners as (

    select * from {{ ref('forecast_owners') }}

),

summed as (

    select
        snapshot_date,
        period,
        {{ money_sum('forecast_amount') }} as forecast_amount,
        {{ money_sum('actual_amount') }} as actual_amount,
        {{ money_sum('missed_amount') }} as missed_amount,
        {{ money_sum('abs(actual_amount)') }} as actual_size
    from forecast_owners
    group by snapshot_date, period

),

measured as (

    select
        *,
        forecast_amount - actual_amount as overcalled_amount,
        {{ ratio('missed_amount', 'actual_size') }} as wape
    from summed

),

final as (

    select
        cast(snapshot_date as varchar) || ' ' || period as forecast_call,
        snapshot_date,
        period,
        forecast_amount,
        actual_amount,
        missed_amount,
        wape,
        1 - wape as accuracy,
        {{ ratio('abs(overcalled_amount)', 'abs(actual_amount)') }} as company_wape,
        {{ ratio('overcalled_amount', 'actual_size') }} as bias
    from measured

)

select * from final
