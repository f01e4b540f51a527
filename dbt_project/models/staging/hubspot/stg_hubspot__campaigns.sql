with

source as (

    select * from {{ latest_version(source('hubspot', 'campaigns')) }}

),

renamed as (

    select
        -- ids
        _key as campaign_id,
        {{ json_text('payload', '$.properties.hs_owner') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.properties.hs_name') }} as campaign_name,
        lower({{ json_text('payload', '$.properties.hs_campaign_status') }}) as campaign_status,
        {{ json_text('payload', '$.properties.hs_utm') }} as utm_campaign,
        {{ json_text('payload', '$.properties.hs_notes') }} as notes,
        {{ json_text('payload', '$.properties.hs_currency_code') }} as currency,

        -- numerics
        {{ as_decimal(json_text('payload', '$.properties.hs_budget_items_sum_amount')) }}
            as budget_amount,
        {{ as_decimal(json_text('payload', '$.properties.hs_spend_items_sum_amount')) }}
            as spend_amount,

        -- booleans
        _deleted as is_deleted,

        -- dates
        {{ as_date(json_text('payload', '$.properties.hs_start_date')) }} as start_date,
        {{ as_date(json_text('payload', '$.properties.hs_end_date')) }} as end_date,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.createdAt')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.updatedAt')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
