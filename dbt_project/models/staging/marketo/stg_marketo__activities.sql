with

source as (

    select * from {{ latest_version(source('marketo', 'activities')) }}

),

renamed as (

    select
        -- ids
        _key as activity_id,
        {{ json_text('payload', '$.leadId') }} as lead_id,
        {{ json_text('payload', '$.activityTypeId') }} as activity_type_id,
        {{ json_text('payload', '$.campaignId') }} as campaign_id,
        {{ json_text('payload', '$.primaryAttributeValueId') }} as asset_id,

        -- strings
        {{ json_text('payload', '$.primaryAttributeValue') }} as asset_name,
        {{ json_text('payload', '$.attributes."Webpage URL"') }} as page_url,
        {{ json_text('payload', '$.attributes."Query Parameters"') }} as query_parameters,
        {{ json_text('payload', '$.attributes."Referrer URL"') }} as referrer_url,
        {{ json_text('payload', '$.attributes."Link"') }} as link_url,
        {{ json_text('payload', '$.attributes."Form Fields"') }} as form_fields,
        {{ json_text('payload', '$.attributes."Old Status"') }} as old_status,
        {{ json_text('payload', '$.attributes."New Status"') }} as new_status,
        {{ json_text('payload', '$.attributes."Old Value"') }} as old_value,
        {{ json_text('payload', '$.attributes."New Value"') }} as new_value,
        {{ json_text('payload', '$.attributes."Reason"') }} as reason,
        cast(json_extract(payload, '$.attributes') as varchar) as attributes,

        -- booleans
        {{ as_boolean(json_text('payload', '$.attributes.Success')) }} as is_success,
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.activityDate')) }} as occurred_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
