with

source as (

    select * from {{ latest_version(source('salesforce', 'campaigns')) }}

),

renamed as (

    select
        -- ids
        _key as campaign_id,
        {{ json_text('payload', '$.ParentId') }} as parent_campaign_id,
        {{ json_text('payload', '$.OwnerId') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.Name') }} as campaign_name,
        {{ json_text('payload', '$.Type') }} as campaign_type,
        {{ json_text('payload', '$.Status') }} as campaign_status,
        {{ json_text('payload', '$.CurrencyIsoCode') }} as currency,

        -- numerics
        {{ as_decimal(json_text('payload', '$.BudgetedCost')) }} as budgeted_cost,
        {{ as_decimal(json_text('payload', '$.ActualCost')) }} as actual_cost,
        {{ as_decimal(json_text('payload', '$.NumberSent')) }} as number_sent,

        -- booleans
        {{ as_boolean(json_text('payload', '$.IsActive')) }} as is_active,
        _deleted or {{ as_boolean(json_text('payload', '$.IsDeleted')) }} as is_deleted,

        -- dates
        {{ as_date(json_text('payload', '$.StartDate')) }} as start_date,
        {{ as_date(json_text('payload', '$.EndDate')) }} as end_date,

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
