with

source as (

    select * from {{ latest_version(source('salesforce', 'opportunities')) }}

),

renamed as (

    select
        -- ids
        _key as opportunity_id,
        {{ json_text('payload', '$.AccountId') }} as account_id,
        {{ json_text('payload', '$.OwnerId') }} as owner_id,
        {{ json_text('payload', '$.CampaignId') }} as campaign_id,

        -- strings
        {{ json_text('payload', '$.Name') }} as opportunity_name,
        {{ json_text('payload', '$.Type') }} as opportunity_type,
        {{ json_text('payload', '$.StageName') }} as stage_name,
        {{ json_text('payload', '$.ForecastCategoryName') }} as forecast_category_name,
        {{ json_text('payload', '$.NextStep') }} as next_step,
        {{ json_text('payload', '$.Loss_Reason__c') }} as lost_reason,
        {{ json_text('payload', '$.CurrencyIsoCode') }} as currency,

        -- numerics
        {{ as_decimal(json_text('payload', '$.Amount')) }} as amount,
        {{ as_decimal(json_text('payload', '$.Probability')) }} as probability,

        -- booleans
        {{ as_boolean(json_text('payload', '$.IsClosed')) }} as is_closed,
        {{ as_boolean(json_text('payload', '$.IsWon')) }} as is_won,
        _deleted or {{ as_boolean(json_text('payload', '$.IsDeleted')) }} as is_deleted,

        -- dates
        {{ as_date(json_text('payload', '$.CloseDate')) }} as close_date,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.CreatedDate')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.LastModifiedDate')) }} as updated_at,

        -- the org's own fields too
        {{ json_part('payload', '$') }} as fields,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
