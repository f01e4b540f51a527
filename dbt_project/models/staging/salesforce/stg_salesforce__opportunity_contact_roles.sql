with

source as (

    select * from {{ latest_version(source('salesforce', 'opportunity_contact_roles')) }}

),

renamed as (

    select
        -- ids
        _key as opportunity_contact_role_id,
        {{ json_text('payload', '$.OpportunityId') }} as opportunity_id,
        {{ json_text('payload', '$.ContactId') }} as contact_id,

        -- strings
        {{ json_text('payload', '$.Role') }} as role,

        -- booleans
        {{ as_boolean(json_text('payload', '$.IsPrimary')) }} as is_primary,
        _deleted or {{ as_boolean(json_text('payload', '$.IsDeleted')) }} as is_deleted,

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
