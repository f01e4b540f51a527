with

mrr_movement_months as (

    select * from {{ ref('mrr_movement_months') }}
    where movement = 'new'

),

quarters as (

    select * from {{ ref('policy_periods') }}
    where is_quarter and in_window

),

-- A quarter is told beside the one before it, which must be reported too.
final as (

    select
        quarters.period,
        quarters.first_date,
        {{ money_sum('mrr_movement_months.mrr') }} as new_mrr
    from quarters
    left join mrr_movement_months
        on
            quarters.first_date <= mrr_movement_months.first_date
            and quarters.end_date > mrr_movement_months.first_date
    group by quarters.period, quarters.first_date
    qualify row_number() over (order by quarters.first_date) > 1

)

select * from final
