with

sales_activity_volume as (

    select * from {{ ref('sales_activity_volume') }}

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window

),

counted as (

    select
        periods.period,
        periods.is_window,
        coalesce(sum(sales_activity_volume.outbound), 0) as outbound,
        coalesce(sum(sales_activity_volume.activities), 0) as activities
    from periods
    left join sales_activity_volume
        on periods.period = sales_activity_volume.period
    group by periods.period, periods.is_window

),

final as (

    select
        *,
        {{ ratio('outbound', 'activities', places=0) }} as outbound_share
    from counted

)

select * from final
