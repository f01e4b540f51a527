with

source as (

    select * from {{ every_version(source('stripe', 'subscriptions')) }}

),

-- The first version says nothing of what was before it; every other one was true since some time
-- between two runs, and is taken to be so since the later of them.
timed as (

    select
        *,
        {{ from_unix_seconds(json_text('payload', '$.ended_at')) }} as ended_at,
        lead(_extracted_at) over versions as next_seen_at,
        lead({{ from_unix_seconds(json_text('payload', '$.ended_at')) }}) over versions
            as next_ended_at
    from source
    window versions as (partition by _key order by version_number)

),

items as (

    select
        *,
        unnest({{ json_list('payload', '$.items.data') }}) as item
    from timed

),

renamed as (

    select
        -- ids
        {{ json_text('item', '$.id') }} || ':' || version_number as item_version_id,
        {{ json_text('item', '$.id') }} as subscription_item_id,
        _key as subscription_id,
        {{ json_text('payload', '$.customer') }} as customer_id,

        -- what is billed
        {{ stripe_item_columns('item') }},

        -- the subscription's first discount
        {{ stripe_first_discount_columns('payload') }},

        -- strings
        {{ json_text('payload', '$.status') }} as status,

        -- numbers
        version_number,

        -- timestamps
        {{ from_unix_seconds(json_text('item', '$.created')) }} as item_created_at,
        case
            when version_number = 1 then {{ from_unix_seconds(json_text('item', '$.created')) }}
            else _extracted_at
        end as valid_from,
        coalesce(least(next_seen_at, next_ended_at), ended_at) as valid_to,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from items

)

select * from renamed
