{{
    config(
        materialized='by_key',
        meta={
            'by_key': {
                'key': 'account_id',
                'inputs': {
                    'subscription_item_mrr': ['account_id'],
                    'account_mrr_units': ['account_id'],
                },
            },
        }
    )
}}
with

subscription_item_mrr as (

    select * from {{ affected('subscription_item_mrr') }}

),

account_mrr_units as (

    select * from {{ affected('account_mrr_units') }}

),

months as (

    select * from {{ ref('policy_periods') }}
    where is_month

),

-- What ends at the very instant of a month end is in that closing or not, as the policy says.
closing as (

    select
        subscription_item_mrr.account_id,
        coalesce(subscription_item_mrr.product_id, '') as product_id,
        subscription_item_mrr.currency,
        months.first_date,
        sum(
            subscription_item_mrr.contract_mrr_numerator
            * (account_mrr_units.mrr_unit // subscription_item_mrr.mrr_denominator)
        ) as contract_mrr,
        sum(
            subscription_item_mrr.billed_mrr_numerator
            * (account_mrr_units.mrr_unit // subscription_item_mrr.mrr_denominator)
        ) as billed_mrr
    from subscription_item_mrr
    inner join account_mrr_units
        on subscription_item_mrr.account_id = account_mrr_units.account_id
    inner join months
        on
            subscription_item_mrr.valid_from < months.end_at
            and coalesce(subscription_item_mrr.valid_to, {{ last_instant() }}) >= months.end_at
    where
        subscription_item_mrr.valid_to is null
        or subscription_item_mrr.valid_to > months.end_at
        or {{ policy('month_end_inclusive_of_expiring') }}
    group by all

),

-- Each closing is the opening of the month after.
both_ends as (

    select
        account_id,
        product_id,
        currency,
        first_date,
        contract_mrr as closing_mrr,
        0 as opening_mrr,
        billed_mrr
    from closing

    union all

    select
        account_id,
        product_id,
        currency,
        {{ next_month('first_date') }} as first_date,
        0 as closing_mrr,
        contract_mrr as opening_mrr,
        0 as billed_mrr
    from closing

),

summed as (

    select
        account_id,
        product_id,
        currency,
        first_date,
        sum(closing_mrr) as closing_mrr,
        sum(opening_mrr) as opening_mrr,
        sum(billed_mrr) as billed_mrr
    from both_ends
    group by account_id, product_id, currency, first_date

),

final as (

    select
        summed.account_id || ' ' || summed.product_id || ' ' || summed.currency
        || ' ' || months.period as product_month,
        summed.account_id,
        summed.product_id,
        summed.currency,
        months.period as month,
        months.first_date,
        months.end_date,
        {{ rate_date('months') }} as rate_date,
        account_mrr_units.mrr_unit,
        summed.closing_mrr,
        summed.opening_mrr,
        summed.billed_mrr
    from summed
    inner join months
        on summed.first_date = months.first_date
    inner join account_mrr_units
        on summed.account_id = account_mrr_units.account_id

)

select * from final
