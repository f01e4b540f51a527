with

source as (

    select * from {{ latest_version(source('stripe', 'prices')) }}

),

renamed as (

    select
        -- ids
        _key as price_id,
        {{ json_text('payload', '$.product') }} as product_id,
        {{ json_text('payload', '$.lookup_key') }} as lookup_key,

        -- strings
        {{ json_text('payload', '$.nickname') }} as nickname,
        upper({{ json_text('payload', '$.currency') }}) as currency,
        {{ json_text('payload', '$.type') }} as price_type,
        {{ json_text('payload', '$.billing_scheme') }} as billing_scheme,
        {{ json_text('payload', '$.tax_behavior') }} as tax_behavior,
        {{ json_text('payload', '$.recurring.interval') }} as billing_interval,
        {{ json_text('payload', '$.recurring.usage_type') }} as usage_type,

        -- numbers
        {{ as_integer(json_text('payload', '$.recurring.interval_count')) }} as interval_count,
        {{ from_minor_units(
            json_text('payload', '$.unit_amount_decimal'), json_text('payload', '$.currency'), 12
        ) }}
            as unit_amount,

        -- booleans
        {{ as_boolean(json_text('payload', '$.active')) }} as is_active,
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.created')) }} as created_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
