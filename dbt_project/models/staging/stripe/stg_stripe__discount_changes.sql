with

source as (

    select * from {{ latest_version(source('stripe', 'events')) }}

),

discounts as (

    select
        *,
        {{ json_part('payload', '$.data.object') }} as discount
    from source
    where {{ json_text('payload', '$.data.object.object') }} = 'discount'

),

renamed as (

    select
        -- ids
        _key as event_id,
        {{ json_text('discount', '$.id') }} as discount_id,
        {{ json_text('discount', '$.customer') }} as customer_id,
        {{ json_text('discount', '$.subscription') }} as subscription_id,
        {{ json_text('discount', '$.subscription_item') }} as subscription_item_id,

        -- the terms
        {{ stripe_discount_columns('discount') }},

        -- strings
        {{ json_text('payload', '$.type') }} as event_type,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.created')) }} as occurred_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from discounts

)

select * from renamed
