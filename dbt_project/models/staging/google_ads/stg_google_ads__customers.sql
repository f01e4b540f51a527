with

source as (

    select * from {{ latest_version(source('google_ads', 'customers')) }}

),

renamed as (

    select
        -- ids
        {{ json_text('payload', '$.customer.id') }} as customer_id,

        -- strings
        {{ json_text('payload', '$.customer.descriptiveName') }} as customer_name,
        {{ json_text('payload', '$.customer.currencyCode') }} as currency,
        {{ json_text('payload', '$.customer.timeZone') }} as time_zone,
        {{ json_text('payload', '$.customer.status') }} as status,

        -- booleans
        {{ as_boolean(json_text('payload', '$.customer.manager')) }} as is_manager,
        {{ as_boolean(json_text('payload', '$.customer.testAccount')) }} as is_test_account,
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
