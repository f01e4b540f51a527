with

account_mrr_months as (

    select * from {{ ref('account_mrr_months') }}

),

product_mrr_months as (

    select * from {{ ref('product_mrr_months') }}

),

months as (

    select * from {{ ref('policy_periods') }}
    where is_month

),

account as (

    select * from {{ ref('account') }}

),

owner as (

    select * from {{ ref('owner') }}

),

moved as (

    select
        account_id,
        month,
        movement,
        mrr_moved as mrr,
        1 as customers
    from account_mrr_months
    where movement is not null

    union all

    select
        account_id,
        month,
        'fx' as movement,
        cast(mrr_fx as {{ money_type() }}) as mrr,
        0 as customers
    from account_mrr_months
    where mrr_fx != 0

),

-- Amounts of several currencies are no sum; that there are any, or that one changed, can be told.
products as (

    select
        account_id,
        month,
        product_id,
        bool_or(opening_mrr > 0) as was_held,
        bool_or(closing_mrr > 0) as is_held,
        bool_or(opening_mrr != closing_mrr) as has_changed
    from product_mrr_months
    where product_id != ''
    group by account_id, month, product_id

),

changes as (

    select
        account_id,
        month,
        {{ ordered_list('product_id', 'product_id', 'is_held and not was_held') }}
            as products_added,
        {{ ordered_list('product_id', 'product_id', 'was_held and not is_held') }}
            as products_dropped,
        {{ ordered_list('product_id', 'product_id', 'was_held and is_held and has_changed') }}
            as products_changed
    from products
    group by account_id, month

),

final as (

    select
        moved.account_id || ' ' || moved.month || ' ' || moved.movement as account_month_movement,
        moved.account_id,
        account.account_name,
        account.segment,
        account.industry,
        account.country,
        account.owner_id,
        owner.owner_name,
        moved.month,
        months.first_date as month_date,
        months.in_window,
        moved.movement,
        moved.mrr,
        moved.customers,
        account_mrr_months.mrr_opening,
        account_mrr_months.mrr_closing,
        case when moved.movement != 'fx' then changes.products_added end as products_added,
        case when moved.movement != 'fx' then changes.products_dropped end as products_dropped,
        case when moved.movement != 'fx' then changes.products_changed end as products_changed
    from moved
    inner join account_mrr_months
        on
            moved.account_id = account_mrr_months.account_id
            and moved.month = account_mrr_months.month
    inner join months
        on moved.month = months.period
    left join changes
        on
            moved.account_id = changes.account_id
            and moved.month = changes.month
    left join account
        on moved.account_id = account.account_id
    left join owner
        on account.owner_id = owner.owner_id

)

select * from final
