with

source as (

    select * from {{ latest_version(source('stripe', 'customers')) }}

),

discounts as (

    select
        *,
        {{ json_part('payload', '$.discount') }} as discount
    from source
    where {{ json_text('payload', '$.discount.id') }} is not null

),

renamed as (

    select
        -- ids
        {{ json_text('discount', '$.id') }} as discount_id,
        _key as customer_id,

        -- the terms
        {{ stripe_discount_columns('discount') }},

        -- booleans
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from discounts

)

select * from renamed
