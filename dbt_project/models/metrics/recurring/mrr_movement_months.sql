with

account_mrr_months as (

    select * from {{ ref('account_mrr_months') }}

),

months as (

    select * from {{ ref('mrr_months') }}
    where in_window

),

moved as (

    select
        month,
        movement,
        mrr_moved as mrr,
        1 as customers
    from account_mrr_months
    where movement is not null

    union all

    select
        month,
        'fx' as movement,
        mrr_fx as mrr,
        0 as customers
    from account_mrr_months

),

kinds as (

    select unnest(['new', 'expansion', 'contraction', 'churn', 'reactivation', 'fx']) as movement

),

final as (

    select
        months.month || ' ' || kinds.movement as month_movement,
        months.month,
        months.first_date,
        kinds.movement,
        {{ money_sum('moved.mrr') }} as mrr,
        coalesce(sum(moved.customers), 0) as customers
    from months
    cross join kinds
    left join moved
        on
            months.month = moved.month
            and kinds.movement = moved.movement
    group by all

)

select * from final
