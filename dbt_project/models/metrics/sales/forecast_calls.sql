with

forecast_owners as (

    select * from {{ ref('forecast_owners') }}

),

scored as (

    {{ forecast_scores('forecast_owners', ['snapshot_date', 'period']) }}

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
        accuracy,
        company_wape,
        bias
    from scored

)

select * from final
