with

spend_reported as (

    select * from {{ ref('spend_reported') }}

),

mrr_movement_months as (

    select * from {{ ref('mrr_movement_months') }}
    where movement = 'new'

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window

),

spent as (

    select
        periods.period,
        periods.first_date,
        periods.end_date,
        periods.is_month,
        periods.is_quarter,
        periods.is_window,
        {{ money_sum('spend_reported.amount', 'spend_reported.is_acquisition') }}
            as sales_and_marketing_cost,
        {{ money_sum('spend_reported.amount', 'spend_reported.is_marketing') }} as marketing_cost,
        {{ money_sum(
            'spend_reported.amount', 'spend_reported.is_acquisition and spend_reported.is_media'
        ) }} as media_cost
    from periods
    left join spend_reported
        on
            periods.first_date <= spend_reported.spend_date
            and periods.end_date > spend_reported.spend_date
    group by all

),

won as (

    select
        spent.*,
        coalesce(sum(mrr_movement_months.customers), 0) as new_customers,
        {{ money_sum('mrr_movement_months.mrr') }} as new_mrr
    from spent
    left join mrr_movement_months
        on
            spent.first_date <= mrr_movement_months.first_date
            and spent.end_date > mrr_movement_months.first_date
    group by all

),

-- The cost of a quarter brings in the customers of the next.
preceded as (

    select
        *,
        cast(new_mrr * {{ policy('gross_margin') }} as decimal(38, 11)) as new_margin,
        lag(sales_and_marketing_cost) over (partition by is_quarter order by first_date)
            as prior_cost,
        row_number() over (partition by is_quarter order by first_date) > 1 as has_prior
    from won

),

final as (

    select
        period,
        is_month,
        is_quarter,
        is_window,
        is_quarter and has_prior as has_prior_quarter,
        sales_and_marketing_cost,
        marketing_cost,
        media_cost,
        new_customers,
        new_mrr,
        {{ ratio('sales_and_marketing_cost', 'new_customers') }} as cac_fully_loaded,
        {{ ratio('marketing_cost', 'new_customers') }} as cac_marketing_only,
        {{ ratio('media_cost', 'new_customers') }} as cac_media_only,
        {{ ratio('prior_cost', 'new_margin', places=11) }} as payback_months_of_prior_cost,
        {{ ratio('sales_and_marketing_cost', 'new_margin', places=11) }}
            as payback_months_of_same_cost
    from preceded

)

select * from final
