with

source as (

    select * from {{ latest_version(source('marketo', 'leads')) }}

),

renamed as (

    select
        -- ids
        _key as lead_id,
        {{ json_text('payload', '$.sfdcContactId') }} as salesforce_contact_id,
        {{ json_text('payload', '$.sfdcAccountId') }} as salesforce_account_id,
        {{ json_text('payload', '$.acquisitionProgramId') }} as acquisition_program_id,

        -- strings
        {{ json_text('payload', '$.email') }} as email,
        {{ json_text('payload', '$.firstName') }} as first_name,
        {{ json_text('payload', '$.lastName') }} as last_name,
        {{ json_text('payload', '$.company') }} as company_name,
        {{ json_text('payload', '$.title') }} as job_title,
        {{ json_text('payload', '$.phone') }} as phone,
        {{ json_text('payload', '$.country') }} as country,
        {{ json_text('payload', '$.industry') }} as industry,
        {{ json_text('payload', '$.leadSource') }} as lead_source,
        {{ json_text('payload', '$.leadStatus') }} as lead_status,
        {{ json_text('payload', '$.originalSourceType') }} as original_source_type,

        -- numbers
        {{ as_integer(json_text('payload', '$.leadScore')) }} as lead_score,
        {{ as_integer(json_text('payload', '$.numberOfEmployees')) }} as employee_count,

        -- booleans
        {{ as_boolean(json_text('payload', '$.unsubscribed')) }} as is_unsubscribed,
        {{ as_boolean(json_text('payload', '$.emailInvalid')) }} as is_email_invalid,
        _deleted as is_deleted,

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
