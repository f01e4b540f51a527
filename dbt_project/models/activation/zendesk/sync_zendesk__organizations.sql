with

account_map as (

    select * from {{ ref('account_map') }}
    where
        source = 'zendesk'
        and source_object = 'organizations'
        and not is_deleted

),

-- Customers only: of whom leaves, the sync takes back what it wrote.
account_health as (

    select * from {{ ref('account_health') }}

),

account_plans as (

    select * from {{ ref('account_plans') }}

),

products as (

    select * from {{ ref('product') }}

),

final as (

    select
        account_map.source_record_id as zendesk_organization_id,
        account_health.account_id,
        account_health.health_band,
        -- Whole points: fractions fade every day, and each would be a request.
        cast(round(account_health.health_score) as integer) as health_score,
        coalesce(products.product_name, account_plans.product_id) as plan_name,
        cast(account_health.mrr as decimal(18, 2)) as mrr
    from account_map
    inner join account_health on account_map.account_id = account_health.account_id
    left join account_plans on account_map.account_id = account_plans.account_id
    left join products on account_plans.product_id = products.product_id

)

select * from final
