-- Opening, every movement and currency make the closing, to the last place, in every month.
with

months as (

    select * from {{ ref('mrr_months') }}
    where in_window

),

movements as (

    select
        month,
        sum(mrr) as moved
    from {{ ref('mrr_movement_months') }}
    group by month

)

select
    months.month,
    months.mrr_opening,
    movements.moved,
    months.mrr_closing
from months
left join movements
    on months.month = movements.month
where months.mrr_opening + movements.moved is distinct from months.mrr_closing
