with

source as (

    select * from {{ latest_version(source('hubspot', 'marketing_emails')) }}

),

renamed as (

    select
        -- ids
        _key as marketing_email_id,
        {{ json_text('payload', '$.campaign') }} as campaign_id,

        -- strings
        {{ json_text('payload', '$.name') }} as marketing_email_name,
        {{ json_text('payload', '$.subject') }} as subject,
        lower({{ json_text('payload', '$.state') }}) as state,
        lower({{ json_text('payload', '$.type') }}) as marketing_email_type,

        -- lists
        {{ json_texts('payload', '$.allEmailCampaignIds[*]') }} as email_campaign_ids,

        -- booleans
        _deleted or {{ as_boolean(json_text('payload', '$.archived')) }} as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.publishDate')) }} as published_at,
        {{ as_timestamp(json_text('payload', '$.createdAt')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.updatedAt')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
