with

source as (

    select * from {{ latest_version(source('stripe', 'events')) }}

),

-- Events show the subscription as it was at that instant, at the API version of the account.
subscriptions as (

    select
        *,
        {{ json_part('payload', '$.data.object') }} as subscription
    from source
    where {{ json_text('payload', '$.data.object.object') }} = 'subscription'

),

items as (

    select
        *,
        unnest({{ json_list('subscription', '$.items.data') }}) as item
    from subscriptions

),

renamed as (

    select
        -- ids
        _key || ':' || {{ json_text('item', '$.id') }} as item_change_id,
        _key as event_id,
        {{ json_text('item', '$.id') }} as subscription_item_id,
        {{ json_text('subscription', '$.id') }} as subscription_id,
        {{ json_text('subscription', '$.customer') }} as customer_id,

        -- what is billed
        {{ stripe_item_columns('item') }},

        -- the subscription's first discount
        {{ stripe_first_discount_columns('subscription') }},

        -- strings
        {{ json_text('payload', '$.type') }} as event_type,
        {{ json_text('subscription', '$.status') }} as status,

        -- booleans
        not {{ as_boolean(json_text('subscription', '$.items.has_more')) }} as has_all_items,

        -- timestamps
        {{ from_unix_seconds(json_text('item', '$.created')) }} as item_created_at,
        {{ from_unix_seconds(json_text('payload', '$.created')) }} as valid_from,
        {{ from_unix_seconds(json_text('subscription', '$.ended_at')) }} as ended_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from items

)

select * from renamed
