with

source as (

    select * from {{ latest_version(source('stripe', 'events')) }}

),

-- The object with what was other before the event put back.
subscriptions as (

    select
        *,
        {{ json_patched(
            json_part('payload', '$.data.object'), json_part('payload', '$.data.previous_attributes')
        ) }} as subscription
    from source
    where
        {{ json_text('payload', '$.data.object.object') }} = 'subscription'
        and {{ json_text('payload', '$.type') }} != 'customer.subscription.created'

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
        _key || ':' || {{ json_text('item', '$.id') }} as item_prior_id,
        _key as event_id,
        {{ json_text('item', '$.id') }} as subscription_item_id,
        {{ json_text('subscription', '$.id') }} as subscription_id,
        {{ json_text('subscription', '$.customer') }} as customer_id,

        -- what is billed
        {{ stripe_item_columns('item') }},

        -- strings
        {{ json_text('subscription', '$.status') }} as status,

        -- booleans
        not {{ as_boolean(json_text('subscription', '$.items.has_more')) }} as has_all_items,

        -- timestamps
        {{ from_unix_seconds(json_text('item', '$.created')) }} as item_created_at,
        {{ from_unix_seconds(json_text('payload', '$.created')) }} as valid_until,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from items

)

select * from renamed
