with

quarters as (

    select * from {{ ref('policy_periods') }}
    where is_quarter

),

days as (

    select day as date_day
    from {{ days_from(
        '(select min(first_date) from quarters)', '(select max(end_date) - 1 from quarters)'
    ) }}

),

final as (

    select
        days.date_day,
        quarters.period as fiscal_quarter
    from days
    inner join quarters
        on
            days.date_day >= quarters.first_date
            and days.date_day < quarters.end_date

)

select * from final
