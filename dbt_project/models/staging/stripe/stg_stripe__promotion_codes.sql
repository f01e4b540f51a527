with

source as (

    select * from {{ latest_version(source('stripe', 'promotion_codes')) }}

),

renamed as (

    select
        -- ids
        _key as promotion_code_id,
        coalesce(
            {{ json_text('payload', '$.promotion.coupon') }},
            {{ json_text('payload', '$.coupon.id') }}
        )
            as coupon_id,
        {{ json_text('payload', '$.customer') }} as customer_id,

        -- strings
        {{ json_text('payload', '$.code') }} as code,

        -- numbers
        {{ as_integer(json_text('payload', '$.times_redeemed')) }} as times_redeemed,

        -- booleans
        {{ as_boolean(json_text('payload', '$.active')) }} as is_active,
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.created')) }} as created_at,
        {{ from_unix_seconds(json_text('payload', '$.expires_at')) }} as expires_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
