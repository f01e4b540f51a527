with

source as (

    select * from {{ latest_version(source('stripe', 'subscriptions')) }}

),

items as (

    select
        *,
        unnest({{ json_list('payload', '$.items.data') }}) as item
    from source

),

renamed as (

    select
        -- ids
        {{ json_text('item', '$.id') }} as subscription_item_id,
        _key as subscription_id,
        {{ json_text('payload', '$.customer') }} as customer_id,

        -- what is billed
        {{ stripe_item_columns('item') }},

        -- strings
        {{ json_text('payload', '$.status') }} as status,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('item', '$.created')) }} as created_at,
        coalesce(
            {{ from_unix_seconds(json_text('item', '$.current_period_start')) }},
            {{ from_unix_seconds(json_text('payload', '$.current_period_start')) }}
        ) as current_period_started_at,
        coalesce(
            {{ from_unix_seconds(json_text('item', '$.current_period_end')) }},
            {{ from_unix_seconds(json_text('payload', '$.current_period_end')) }}
        ) as current_period_ends_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from items

)

select * from renamed
