with

subscription_item_mrr as (

    select * from {{ ref('subscription_item_mrr') }}

),

denominators as (

    select distinct
        account_id,
        mrr_denominator
    from subscription_item_mrr

),

final as (

    select
        account_id,
        {{ common_multiple('mrr_denominator') }} as mrr_unit
    from denominators
    group by account_id

)

select * from final
