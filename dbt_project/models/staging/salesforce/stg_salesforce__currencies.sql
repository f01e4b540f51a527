with

source as (

    select * from {{ latest_version(source('salesforce', 'currencies')) }}

),

renamed as (

    select
        -- ids
        _key as currency_id,

        -- strings
        {{ json_text('payload', '$.IsoCode') }} as currency,

        -- numerics
        {{ as_decimal(json_text('payload', '$.ConversionRate'), 8) }} as units_per_corporate_unit,
        {{ as_integer(json_text('payload', '$.DecimalPlaces')) }} as decimal_places,

        -- booleans
        {{ as_boolean(json_text('payload', '$.IsActive')) }} as is_active,
        {{ as_boolean(json_text('payload', '$.IsCorporate')) }} as is_corporate,
        _deleted as is_deleted,

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
