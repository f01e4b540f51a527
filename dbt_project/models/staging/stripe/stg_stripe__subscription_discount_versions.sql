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

-- One discount in the oldest versions of the API, a list of them in all others.
discounts as (

    select
        _key,
        version_number,
        next_seen_at,
        _extracted_at,
        _run_id,
        null as subscription_item_id,
        unnest(
            case
                when {{ json_text('payload', '$.discounts[0].id') }} is not null
                    then {{ json_list('payload', '$.discounts') }}
                when {{ json_text('payload', '$.discount.id') }} is not null
                    then [cast({{ json_part('payload', '$.discount') }} as varchar)]
            end
        ) as discount
    from timed

),

items as (

    select
        *,
        unnest({{ json_list('payload', '$.items.data') }}) as item
    from timed

),

item_discounts as (

    select
        _key,
        version_number,
        next_seen_at,
        _extracted_at,
        _run_id,
        {{ json_text('item', '$.id') }} as subscription_item_id,
        unnest({{ json_list('item', '$.discounts') }}) as discount
    from items
    where {{ json_text('item', '$.discounts[0].id') }} is not null

),

given as (

    select * from discounts
    union all
    select * from item_discounts

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
