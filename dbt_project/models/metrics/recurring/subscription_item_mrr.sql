with

subscription_item as (

    select * from {{ ref('subscription_item') }}

),

intervals as (

    select * from {{ ref('policy_intervals') }}

),

counted as (

    select
        subscription_item.item_version_id,
        subscription_item.account_id,
        subscription_item.product_id,
        subscription_item.currency,
        subscription_item.valid_from,
        subscription_item.valid_to,
        subscription_item.unit_amount,
        subscription_item.quantity,
        subscription_item.interval_count,
        intervals.per_month_numerator,
        intervals.per_month_denominator,
        case
            when subscription_item.discount_kind in {{ policy_list('contract_mrr_discounts') }}
                then 100 - subscription_item.discount_pct
            else 100
        end as contract_pct,
        case
            when subscription_item.discount_kind in {{ policy_list('billed_mrr_discounts') }}
                then 100 - subscription_item.discount_pct
            else 100
        end as billed_pct
    from subscription_item
    inner join intervals
        on subscription_item.billing_interval = intervals.billing_interval
    where
        subscription_item.account_id is not null
        and subscription_item.status in {{ policy_list('mrr_statuses') }}
        and subscription_item.usage_type not in {{ policy_list('mrr_excluded_usage_types') }}
        and (
            subscription_item.valid_to is null
            or subscription_item.valid_to > subscription_item.valid_from
        )

),

-- Fractions in lowest terms stay small: their products are exact in whole numbers of 38 digits.
amounts as (

    select
        *,
        {{ whole('unit_amount', 12) }} as amount_numerator,
        cast(1000000000000 as hugeint) as amount_denominator,
        {{ whole('contract_pct', 8) }} as contract_numerator,
        {{ whole('billed_pct', 8) }} as billed_numerator,
        cast(10000000000 as hugeint) as pct_denominator
    from counted

),

reduced as (

    select
        *,
        {{ greatest_divisor('amount_numerator', 'amount_denominator') }} as amount_divisor,
        {{ greatest_divisor(
            greatest_divisor('contract_numerator', 'billed_numerator'), 'pct_denominator'
        ) }} as pct_divisor
    from amounts

),

per_month as (

    select
        *,
        (amount_numerator // amount_divisor) * quantity * per_month_numerator as full_numerator,
        (amount_denominator // amount_divisor)
        * (pct_denominator // pct_divisor)
        * interval_count
        * per_month_denominator as mrr_denominator
    from reduced

),

final as (

    select
        item_version_id,
        account_id,
        product_id,
        currency,
        valid_from,
        valid_to,
        full_numerator * (contract_numerator // pct_divisor) as contract_mrr_numerator,
        full_numerator * (billed_numerator // pct_divisor) as billed_mrr_numerator,
        mrr_denominator
    from per_month

)

select * from final
