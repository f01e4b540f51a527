with

source as (

    select * from {{ latest_version(source('salesforce', 'contacts')) }}

),

renamed as (

    select
        -- ids
        _key as contact_id,
        {{ json_text('payload', '$.AccountId') }} as account_id,
        {{ json_text('payload', '$.MasterRecordId') }} as merged_into_id,
        {{ json_text('payload', '$.OwnerId') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.FirstName') }} as first_name,
        {{ json_text('payload', '$.LastName') }} as last_name,
        {{ json_text('payload', '$.Email') }} as email,
        {{ json_text('payload', '$.Title') }} as title,
        {{ json_text('payload', '$.Department') }} as department,
        {{ json_text('payload', '$.Phone') }} as phone,
        {{ json_text('payload', '$.MailingCountry') }} as mailing_country,
        {{ json_text('payload', '$.LeadSource') }} as lead_source,

        -- booleans
        _deleted or {{ as_boolean(json_text('payload', '$.IsDeleted')) }} as is_deleted,

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
