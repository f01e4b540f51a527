with

source as (

    select * from {{ latest_version(source('salesforce', 'leads')) }}

),

renamed as (

    select
        -- ids
        _key as lead_id,
        {{ json_text('payload', '$.ConvertedAccountId') }} as converted_account_id,
        {{ json_text('payload', '$.ConvertedContactId') }} as converted_contact_id,
        {{ json_text('payload', '$.ConvertedOpportunityId') }} as converted_opportunity_id,
        {{ json_text('payload', '$.MasterRecordId') }} as merged_into_id,
        {{ json_text('payload', '$.OwnerId') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.FirstName') }} as first_name,
        {{ json_text('payload', '$.LastName') }} as last_name,
        {{ json_text('payload', '$.Company') }} as company_name,
        {{ json_text('payload', '$.Title') }} as title,
        {{ json_text('payload', '$.Email') }} as email,
        {{ json_text('payload', '$.Phone') }} as phone,
        {{ json_text('payload', '$.Website') }} as website,
        {{ json_text('payload', '$.Country') }} as country,
        {{ json_text('payload', '$.Industry') }} as industry,
        {{ json_text('payload', '$.LeadSource') }} as lead_source,
        {{ json_text('payload', '$.Status') }} as lead_status,
        {{ json_text('payload', '$.Rating') }} as rating,

        -- numerics
        {{ as_integer(json_text('payload', '$.NumberOfEmployees')) }} as number_of_employees,

        -- booleans
        {{ as_boolean(json_text('payload', '$.IsConverted')) }} as is_converted,
        _deleted or {{ as_boolean(json_text('payload', '$.IsDeleted')) }} as is_deleted,

        -- dates
        {{ as_date(json_text('payload', '$.ConvertedDate')) }} as converted_date,

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
