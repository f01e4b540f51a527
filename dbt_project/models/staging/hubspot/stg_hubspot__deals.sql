with

source as (

    select * from {{ latest_version(source('hubspot', 'deals')) }}

),

renamed as (

    select
        -- ids
        _key as deal_id,
        {{ json_text('payload', '$.properties.hs_primary_associated_company') }} as company_id,
        {{ json_text('payload', '$.properties.hubspot_owner_id') }} as owner_id,
        {{ json_text('payload', '$.properties.salesforce_opportunity_id') }}
            as salesforce_opportunity_id,

        -- strings
        {{ json_text('payload', '$.properties.dealname') }} as deal_name,
        {{ json_text('payload', '$.properties.dealtype') }} as deal_type,
        {{ json_text('payload', '$.properties.pipeline') }} as pipeline,
        {{ json_text('payload', '$.properties.dealstage') }} as deal_stage,
        {{ json_text('payload', '$.properties.deal_currency_code') }} as deal_currency_code,
        {{ json_text('payload', '$.properties.hs_manual_forecast_category') }} as forecast_category,
        {{ json_text('payload', '$.properties.hs_next_step') }} as next_step,
        {{ json_text('payload', '$.properties.closed_lost_reason') }} as closed_lost_reason,

        -- numerics
        {{ as_decimal(json_text('payload', '$.properties.amount')) }} as amount,
        {{ as_decimal(json_text('payload', '$.properties.hs_deal_stage_probability'), 4) }}
            as deal_stage_probability,

        -- lists
        {{ split_text(json_text('payload', '$.properties.hs_merged_object_ids'), ';') }}
            as merged_deal_ids,

        -- booleans
        {{ as_boolean(json_text('payload', '$.properties.hs_is_closed')) }} as is_closed,
        {{ as_boolean(json_text('payload', '$.properties.hs_is_closed_won')) }} as is_closed_won,
        _deleted or {{ as_boolean(json_text('payload', '$.archived')) }} as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.properties.closedate')) }} as close_at,
        {{ as_timestamp(json_text('payload', '$.createdAt')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.updatedAt')) }} as updated_at,

        -- what was asked for, custom properties too
        {{ json_part('payload', '$.properties') }} as properties,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
