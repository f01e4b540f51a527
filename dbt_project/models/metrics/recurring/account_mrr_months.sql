{{
    config(
        materialized='by_key',
        meta={
            'by_key': {
                'key': 'account_id',
                'inputs': {
                    'product_mrr_months': ['account_id'],
                },
            },
        }
    )
}}
with

product_mrr_months as (

    select * from {{ affected('product_mrr_months') }}

),

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

by_currency as (

    select
        account_id,
        month,
        first_date,
        end_date,
        rate_date,
        currency,
        mrr_unit,
        sum(closing_mrr) as closing_mrr,
        sum(opening_mrr) as opening_mrr,
        sum(billed_mrr) as billed_mrr
    from product_mrr_months
    group by all

),

rated as (

    select
        by_currency.*,
        {{ known_rate('spot') }} as spot_rate,
        {{ known_rate('opening_spot') }} as opening_spot_rate,
        {{ known_rate('plan') }} as plan_rate
    from by_currency
    left join rates as spot
        on {{ rate_on('spot', "'spot'", 'by_currency.currency', 'by_currency.rate_date') }}
    left join rates as opening_spot
        on
            {{ rate_on(
                'opening_spot', "'spot'", 'by_currency.currency', '(by_currency.first_date - 1)'
            ) }}
    left join rates as plan
        on {{ rate_on('plan', "'plan'", 'by_currency.currency', 'by_currency.rate_date') }}

),

summed as (

    select
        account_id,
        month,
        first_date,
        end_date,
        mrr_unit * {{ rate_units() }} as unit,
        sum(closing_mrr) > 0 as is_customer,
        sum(opening_mrr) > 0 as was_customer,
        sum(closing_mrr * spot_rate) as closing,
        sum(opening_mrr * opening_spot_rate) as opening,
        sum(billed_mrr * spot_rate) as billed,
        sum(closing_mrr * plan_rate) as closing_at_plan,
        sum(opening_mrr * plan_rate) as opening_at_plan,
        sum((closing_mrr - opening_mrr) * spot_rate) as moved
    from rated
    group by all

),

told_apart as (

    select
        *,
        min(first_date) filter (where is_customer) over (partition by account_id)
            as first_customer_date,
        {{ money_of_fraction('closing', 'unit') }} as mrr_closing,
        {{ money_of_fraction('opening', 'unit') }} as mrr_opening,
        {{ money_of_fraction('billed', 'unit') }} as mrr_billed,
        {{ money_of_fraction('12 * closing', 'unit') }} as arr_closing,
        {{ money_of_fraction('closing_at_plan', 'unit') }} as mrr_closing_at_plan,
        {{ unrounded_money('closing', 'unit') }} as unrounded_closing,
        {{ unrounded_money('opening_at_plan', 'unit') }} as unrounded_opening_at_plan,
        {{ unrounded_money('closing_at_plan', 'unit') }} as unrounded_closing_at_plan,
        {{ money_of_fraction('moved', 'unit') }} as mrr_moved
    from summed

),

final as (

    select
        account_id || ' ' || month as account_month,
        account_id,
        month,
        first_date,
        end_date,
        was_customer,
        is_customer,
        case
            when not was_customer and not is_customer then null
            when not was_customer and first_customer_date < first_date then 'reactivation'
            when not was_customer then 'new'
            when not is_customer then 'churn'
            when moved > 0 then 'expansion'
            when moved < 0 then 'contraction'
        end as movement,
        mrr_opening,
        mrr_closing,
        mrr_moved,
        mrr_closing - mrr_opening - mrr_moved as mrr_fx,
        mrr_billed,
        arr_closing,
        mrr_closing_at_plan,
        unrounded_closing,
        unrounded_opening_at_plan,
        unrounded_closing_at_plan
    from told_apart

)

select * from final
