with

source as (

    select * from {{ latest_version(source('salesforce', 'conversion_rates')) }}

),

renamed as (

    select
        -- ids
        _key as conversion_rate_id,

        -- strings
        {{ json_text('payload', '$.IsoCode') }} as currency,

        -- numerics
        {{ as_decimal(json_text('payload', '$.ConversionRate'), 8) }} as units_per_corporate_unit,

        -- booleans
        _deleted as is_deleted,

        -- dates
        {{ as_date(json_text('payload', '$.StartDate')) }} as rate_date,
        {{ as_date(json_text('payload', '$.NextStartDate')) }} as next_rate_date,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.CreatedDate')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.LastModifiedDate')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
