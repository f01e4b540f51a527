with

source as (

    select * from {{ every_version(source('stripe', 'subscriptions')) }}

),

timed as (

    select
        *,
        lead(_extracted_at) over (partition by _key order by version_number) as next_seen_at
    from source

),

given as (

    {{ stripe_subscription_discounts(
        'timed', ['_key', 'version_number', 'next_seen_at', '_extracted_at', '_run_id']
    ) }}

),

renamed as (

    select
        -- ids
        {{ json_text('discount', '$.id') }} || ':' || version_number as discount_version_id,
        {{ json_text('discount', '$.id') }} as discount_id,
        _key as subscription_id,
        subscription_item_id,

        -- the terms
        {{ stripe_discount_columns('discount') }},

        -- timestamps
        _extracted_at as seen_at,
        next_seen_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from given

)

select * from renamed
