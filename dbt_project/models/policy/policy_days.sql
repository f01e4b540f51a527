with

periods as (

    select * from {{ ref('policy_periods') }}

),

days as (

    select day as date_day
    from {{ days_from(
        '(select min(first_date) from periods)', '(select max(end_date) - 1 from periods)'
    ) }}

),

-- A quarter reported alone is the window, too.
final as (

    select
        days.date_day,
        max(periods.period) filter (where periods.is_quarter) as fiscal_quarter,
        max(periods.period) filter (where periods.is_window) as reported_window
    from days
    left join periods
        on
            days.date_day >= periods.first_date
            and days.date_day < periods.end_date
    group by days.date_day

)

select * from final
