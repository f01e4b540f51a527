with

source as (

    select * from {{ latest_version(source('stripe', 'coupons')) }}

),

renamed as (

    select
        -- ids
        _key as coupon_id,

        -- strings
        {{ json_text('payload', '$.name') }} as coupon_name,
        upper({{ json_text('payload', '$.currency') }}) as currency,
        {{ json_text('payload', '$.duration') }} as duration,
        {{ stripe_discount_kind(json_text('payload', '$.duration')) }} as discount_kind,

        -- numbers
        {{ as_decimal(json_text('payload', '$.percent_off'), 4) }} as discount_pct,
        {{ from_minor_units(
            json_text('payload', '$.amount_off'), json_text('payload', '$.currency')
        ) }}
            as amount_off,
        {{ as_integer(json_text('payload', '$.duration_in_months')) }} as duration_in_months,
        {{ as_integer(json_text('payload', '$.times_redeemed')) }} as times_redeemed,

        -- booleans
        {{ as_boolean(json_text('payload', '$.valid')) }} as is_valid,
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.created')) }} as created_at,
        {{ from_unix_seconds(json_text('payload', '$.redeem_by')) }} as redeem_by,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
