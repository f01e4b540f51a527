with

source as (

    select * from {{ latest_version(source('salesforce', 'campaign_members')) }}

),

renamed as (

    select
        -- ids
        _key as campaign_member_id,
        {{ json_text('payload', '$.CampaignId') }} as campaign_id,
        {{ json_text('payload', '$.LeadId') }} as lead_id,
        {{ json_text('payload', '$.ContactId') }} as contact_id,

        -- strings
        {{ json_text('payload', '$.Status') }} as member_status,

        -- booleans
        {{ as_boolean(json_text('payload', '$.HasResponded')) }} as has_responded,
        _deleted or {{ as_boolean(json_text('payload', '$.IsDeleted')) }} as is_deleted,

        -- dates
        {{ as_date(json_text('payload', '$.FirstRespondedDate')) }} as first_responded_date,

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
