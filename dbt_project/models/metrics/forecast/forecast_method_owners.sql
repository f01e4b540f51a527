with

positions as (

    select
        *,
        coalesce(owner_id, '') as owner_or_nobody
    from {{ ref('forecast_positions') }}
    where owner_or_all != '(all)'

),

calls as (

    select
        *,
        coalesce(owner_id, '') as owner_or_nobody
    from {{ ref('forecast_owners') }}

),

-- On a day of calls every method is measured over the owners who gave one, as the calls are.
measured as (

    select
        positions.*,
        calls.forecast_amount,
        coalesce(calls.actual_amount, positions.actual_amount) as became_amount
    from positions
    left join calls
        on
            positions.snapshot_date = calls.snapshot_date
            and positions.period = calls.period
            and positions.owner_or_nobody = calls.owner_or_nobody
    where calls.owner_forecast is not null or not positions.is_called

),

{% set methods = {
    'commit': 'forecast_amount',
    'commit_category': 'commit_amount',
    'baseline': 'baseline_amount',
    'weighted_pipeline': 'weighted_amount',
    'stage_probability': 'stage_weighted_amount',
} %}

by_method as (

    {{ forecast_by_method('measured', methods) }}

),

final as (

    select
        cast(snapshot_date as varchar) || ' ' || period || ' ' || owner_or_nobody || ' ' || method
            as forecast_method_owner,
        snapshot_date,
        period,
        owner_id,
        owner_or_nobody,
        method,
        method_order,
        is_called,
        has_ended,
        forecast_amount,
        actual_amount,
        {{ forecast_miss('forecast_amount', 'actual_amount') }} as missed_amount,
        is_in_range
    from by_method

)

select * from final
