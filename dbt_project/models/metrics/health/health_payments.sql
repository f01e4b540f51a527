with

customers as (

    select * from {{ ref('health_customers') }}

),

subscription_item as (

    select * from {{ ref('subscription_item') }}
    where status = 'past_due'

),

contractions as (

    select * from {{ ref('account_mrr_months') }}
    where movement = 'contraction'

),

-- What ends at the very instant is in force still or not, as for MRR.
overdue as (

    select distinct customers.account_month
    from customers
    inner join subscription_item
        on
            customers.account_id = subscription_item.account_id
            and customers.seen_at > subscription_item.valid_from
            and customers.seen_at <= coalesce(subscription_item.valid_to, {{ last_instant() }})
    where
        subscription_item.valid_to is null
        or subscription_item.valid_to > customers.seen_at
        or {{ policy('month_end_inclusive_of_expiring') }}

),

shrunk as (

    select
        customers.account_month,
        max(contractions.month) as last_contraction_month
    from customers
    inner join contractions
        on
            customers.account_id = contractions.account_id
            and customers.three_months_date <= contractions.first_date
            and customers.last_month_date >= contractions.first_date
    group by customers.account_month

),

final as (

    select
        customers.account_month,
        overdue.account_month is not null as is_past_due,
        shrunk.last_contraction_month
    from customers
    left join overdue
        on customers.account_month = overdue.account_month
    left join shrunk
        on customers.account_month = shrunk.account_month

)

select * from final
