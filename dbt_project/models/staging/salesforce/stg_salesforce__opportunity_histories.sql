with

source as (

    select * from {{ latest_version(source('salesforce', 'opportunity_histories')) }}

),

renamed as (

    select
        -- ids
        _key as opportunity_history_id,
        {{ json_text('payload', '$.OpportunityId') }} as opportunity_id,
        {{ json_text('payload', '$.CreatedById') }} as changed_by_id,

        -- strings
        {{ json_text('payload', '$.StageName') }} as stage_name,
        {{ json_text('payload', '$.ForecastCategory') }} as forecast_category,
        {{ json_text('payload', '$.CurrencyIsoCode') }} as currency,

        -- numerics
        {{ as_decimal(json_text('payload', '$.Amount')) }} as amount,
        {{ as_decimal(json_text('payload', '$.Probability')) }} as probability,

        -- booleans
        _deleted or {{ as_boolean(json_text('payload', '$.IsDeleted')) }} as is_deleted,

        -- dates
        {{ as_date(json_text('payload', '$.CloseDate')) }} as close_date,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.CreatedDate')) }} as entered_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
