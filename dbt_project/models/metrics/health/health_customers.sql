with

instants as (

    select * from {{ ref('health_instants') }}

),

customers as (

    select * from {{ ref('customers') }}
    where is_customer

),

account_mrr_months as (

    select * from {{ ref('account_mrr_months') }}
    where is_customer

),

-- Whoever pays something now, or paid something at the month end.
final as (

    select
        customers.account_id || ' ' || instants.month as account_month,
        customers.account_id,
        instants.seen_at,
        instants.is_reported,
        instants.is_evaluated,
        instants.month,
        instants.three_months_date,
        instants.last_month_date,
        instants.usage_month
    from instants
    cross join customers
    where instants.is_reported

    union all

    select
        account_mrr_months.account_id || ' ' || instants.month as account_month,
        account_mrr_months.account_id,
        instants.seen_at,
        instants.is_reported,
        instants.is_evaluated,
        instants.month,
        instants.three_months_date,
        instants.last_month_date,
        instants.usage_month
    from instants
    inner join account_mrr_months
        on instants.month = account_mrr_months.month
    where not instants.is_reported

)

select * from final
