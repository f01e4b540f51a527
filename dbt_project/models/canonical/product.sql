with

stripe_products as (

    select * from {{ ref('stg_stripe__products') }}

),

final as (

    select
        product_id,
        product_name,
        is_deleted,
        'stripe' as source,
        product_id as source_record_id,
        _extracted_at
    from stripe_products

)

select * from final
