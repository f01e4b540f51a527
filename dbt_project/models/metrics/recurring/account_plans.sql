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

-- What is paid now, as `customers` has it.
paid as (

    select
        subscription_item_mrr.account_id,
        subscription_item_mrr.product_id,
        sum(
            subscription_item_mrr.contract_mrr_numerator
            * (account_mrr_units.mrr_unit // subscription_item_mrr.mrr_denominator)
            * {{ known_rate('rates') }}
        ) as mrr
    from subscription_item_mrr
    inner join account_mrr_units
        on subscription_item_mrr.account_id = account_mrr_units.account_id
    left join rates
        on
            {{ rate_on(
                'rates', "'spot'", 'subscription_item_mrr.currency', policy('as_of_date')
            ) }}
    where
        subscription_item_mrr.valid_to is null
        or subscription_item_mrr.valid_to > {{ policy('as_of') }}
        or (
            subscription_item_mrr.valid_to = {{ policy('as_of') }}
            and {{ policy('month_end_inclusive_of_expiring') }}
        )
    group by subscription_item_mrr.account_id, subscription_item_mrr.product_id

),

-- Several products in use: the one that most is paid for names the plan.
ranked as (

    select
        account_id,
        product_id,
        row_number() over (
            partition by account_id
            order by mrr desc nulls last, product_id asc nulls last
        ) as position,
        count(*) over (partition by account_id) as product_count
    from paid

),

final as (

    select
        account_id,
        product_id,
        product_count
    from ranked
    where position = 1

)

select * from final
