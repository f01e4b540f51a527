with

source as (

    select * from {{ latest_version(source('stripe', 'subscriptions')) }}

),

given as (

    {{ stripe_subscription_discounts(
        'source', ['_key', '_deleted', '_extracted_at', '_run_id']
    ) }}

),

renamed as (

    select
        -- ids
        {{ json_text('discount', '$.id') }} as discount_id,
        _key as subscription_id,
        subscription_item_id,

        -- the terms
        {{ stripe_discount_columns('discount') }},

        -- booleans
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from given

)

select * from renamed
