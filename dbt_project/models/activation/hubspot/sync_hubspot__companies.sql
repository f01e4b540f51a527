with

account_map as (

    select * from {{ ref('account_map') }}
    where
        source = 'hubspot'
        and source_object = 'companies'
        and not is_deleted

),

accounts as (

    select * from {{ ref('accounts') }}

),

account_scores as (

    select * from {{ ref('account_scores') }}

),

account_health as (

    select * from {{ ref('account_health') }}

),

final as (

    select
        account_map.source_record_id as hubspot_company_id,
        accounts.account_id,
        account_scores.account_score,
        account_scores.account_tier,
        cast(accounts.open_pipeline_amount as decimal(18, 2)) as open_pipeline_amount,
        cast(accounts.won_revenue_amount as decimal(18, 2)) as won_revenue_amount,
        account_health.health_band,
        cast(accounts.mrr as decimal(18, 2)) as mrr
    from account_map
    inner join accounts on account_map.account_id = accounts.account_id
    inner join account_scores on accounts.account_id = account_scores.account_id
    left join account_health on accounts.account_id = account_health.account_id

)

select * from final
