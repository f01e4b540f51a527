with

subscription_item_mrr as (

    select * from {{ ref('subscription_item_mrr') }}
    where contract_mrr_numerator > 0 and valid_from < {{ policy('as_of') }}

),

account_mrr_units as (

    select * from {{ ref('account_mrr_units') }}

),

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

-- What ends at the very instant is paid still or not, as at a month end.
placed as (

    select
        subscription_item_mrr.account_id,
        subscription_item_mrr.valid_from,
        subscription_item_mrr.valid_to,
        coalesce(
            subscription_item_mrr.valid_to > {{ policy('as_of') }}
            or (
                subscription_item_mrr.valid_to = {{ policy('as_of') }}
                and {{ policy('month_end_inclusive_of_expiring') }}
            ),
            true
        ) as is_paid_now,
        subscription_item_mrr.contract_mrr_numerator
        * (account_mrr_units.mrr_unit // subscription_item_mrr.mrr_denominator)
        * {{ known_rate('rates') }} as mrr,
        account_mrr_units.mrr_unit * {{ rate_units() }} as unit
    from subscription_item_mrr
    inner join account_mrr_units
        on subscription_item_mrr.account_id = account_mrr_units.account_id
    left join rates
        on
            {{ rate_on(
                'rates', "'spot'", 'subscription_item_mrr.currency', policy('as_of_date')
            ) }}

),

summed as (

    select
        account_id,
        unit,
        min(valid_from) as customer_since,
        max(valid_to) as last_paid_until,
        bool_or(is_paid_now) as is_customer,
        coalesce(sum(mrr) filter (where is_paid_now), 0) as mrr
    from placed
    group by account_id, unit

),

final as (

    select
        account_id,
        is_customer,
        customer_since,
        case when not is_customer then last_paid_until end as customer_until,
        {{ money_of_fraction('mrr', 'unit') }} as mrr,
        {{ money_of_fraction('12 * mrr', 'unit') }} as arr
    from summed

)

select * from final
