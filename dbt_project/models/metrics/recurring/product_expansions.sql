{{
    config(
        materialized='by_key',
        meta={
            'by_key': {
                'key': 'account_id',
                'inputs': {
                    'product_mrr_months': ['account_id'],
                    'account_mrr_months': ['account_id'],
                },
            },
        }
    )
}}
with

product_mrr_months as (

    select * from {{ affected('product_mrr_months') }}

),

account_mrr_months as (

    select * from {{ affected('account_mrr_months') }}

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window and (is_quarter or is_window)

),

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

at_plan as (

    select
        product_mrr_months.account_id,
        product_mrr_months.product_id,
        product_mrr_months.first_date,
        product_mrr_months.end_date,
        product_mrr_months.mrr_unit * {{ rate_units() }} as unit,
        sum(product_mrr_months.closing_mrr * {{ known_rate('rates') }}) as closing,
        sum(product_mrr_months.opening_mrr * {{ known_rate('rates') }}) as opening
    from product_mrr_months
    left join rates
        on {{ rate_on(
            'rates', "'plan'", 'product_mrr_months.currency', 'product_mrr_months.rate_date'
        ) }}
    group by all

),

held as (

    select
        *,
        min(first_date) filter (where closing > 0) over (partition by account_id, product_id)
            as first_held_date
    from at_plan

),

-- Somebody who comes back buys again; that is a reactivation.
grown as (

    select
        held.account_id,
        held.first_date,
        held.end_date,
        held.unit,
        case when held.first_held_date < held.first_date then 'upsell' else 'cross_sell' end
            as kind,
        sum(held.closing - held.opening) as grown
    from held
    inner join account_mrr_months
        on
            held.account_id = account_mrr_months.account_id
            and held.first_date = account_mrr_months.first_date
    where
        held.closing > held.opening
        and account_mrr_months.was_customer
        and account_mrr_months.is_customer
    group by all

),

final as (

    select
        periods.period || ' ' || grown.account_id || ' ' || grown.kind
        || ' ' || cast(grown.first_date as varchar) as expansion_key,
        periods.period,
        grown.account_id,
        grown.first_date,
        grown.kind,
        {{ money_of_fraction('grown.grown', 'grown.unit') }} as mrr_at_plan
    from periods
    inner join account_mrr_months as opening
        on periods.first_date = opening.end_date
    inner join grown
        on
            opening.account_id = grown.account_id
            and periods.first_date <= grown.first_date
            and periods.end_date >= grown.end_date
    where opening.is_customer

)

select * from final
