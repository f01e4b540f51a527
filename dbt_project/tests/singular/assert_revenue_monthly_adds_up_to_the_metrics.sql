-- What the accounts were billed, earned and pay is what the company was, earned and is paid.
with

summed as (

    select
        month,
        sum(invoiced_revenue) as invoiced_revenue,
        sum(recognised_revenue) as recognised_revenue,
        sum(mrr_opening) as mrr_opening,
        sum(mrr_closing) as mrr_closing,
        sum(mrr_billed) as mrr_billed,
        sum(arr_closing) as arr_closing,
        count(*) filter (where is_customer) as customers_closing
    from {{ ref('revenue_monthly') }}
    where in_window
    group by month

),

revenue_months as (

    select * from {{ ref('revenue_periods') }}
    where kind = 'month' and in_window

),

mrr_months as (

    select * from {{ ref('mrr_months') }}
    where in_window

)

select mrr_months.month
from mrr_months
inner join revenue_months
    on mrr_months.month = revenue_months.period
left join summed
    on mrr_months.month = summed.month
where
    revenue_months.invoiced_revenue != coalesce(summed.invoiced_revenue, 0)
    or revenue_months.recognised_revenue != coalesce(summed.recognised_revenue, 0)
    or mrr_months.mrr_opening != coalesce(summed.mrr_opening, 0)
    or mrr_months.mrr_closing != coalesce(summed.mrr_closing, 0)
    or mrr_months.mrr_billed_closing != coalesce(summed.mrr_billed, 0)
    or mrr_months.arr_closing != coalesce(summed.arr_closing, 0)
    or mrr_months.customers_closing != coalesce(summed.customers_closing, 0)
