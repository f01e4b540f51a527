with

sales_cycles as (

    select * from {{ ref('sales_cycles') }}

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window

),

final as (

    select
        periods.period,
        periods.is_window,
        count(sales_cycles.created_to_won_us) as won_count,
        {{ kept_whole('coalesce(sum(sales_cycles.created_to_won_us), 0)') }} as created_to_won_us,
        {{ mean_duration('sales_cycles.contact_to_won_us', 86400000000) }}
            as contact_to_won_days_mean,
        {{ mean_duration('sales_cycles.lead_to_won_us', 86400000000) }} as lead_to_won_days_mean,
        {{ mean_duration('sales_cycles.created_to_won_us', 86400000000) }}
            as created_to_won_days_mean,
        {{ median_duration('sales_cycles.created_to_won_us', 86400000000) }}
            as created_to_won_days_median,
        {{ mean_duration('sales_cycles.created_to_closed_us', 86400000000) }}
            as created_to_closed_days_mean
    from periods
    left join sales_cycles
        on
            periods.first_date <= sales_cycles.close_date
            and periods.end_date > sales_cycles.close_date
    group by periods.period, periods.is_window

)

select * from final
