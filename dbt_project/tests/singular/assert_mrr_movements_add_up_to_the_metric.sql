-- Every movement of the company is the sum of its accounts'; an account's explain its closing.
with

mrr_movements as (

    select * from {{ ref('mrr_movements') }}

),

summed as (

    select
        month,
        movement,
        sum(mrr) as mrr,
        sum(customers) as customers
    from mrr_movements
    where in_window
    group by month, movement

),

explained as (

    select
        account_id,
        month,
        mrr_closing,
        mrr_opening + sum(mrr) as mrr_explained
    from mrr_movements
    group by account_id, month, mrr_opening, mrr_closing

)

select
    'company' as grain,
    months.month_movement as differing
from {{ ref('mrr_movement_months') }} as months
left join summed
    on
        months.month = summed.month
        and months.movement = summed.movement
where
    months.mrr != coalesce(summed.mrr, 0)
    or months.customers != coalesce(summed.customers, 0)

union all

select
    'account' as grain,
    account_id || ' ' || month as differing
from explained
where mrr_closing != mrr_explained
