with

source as (

    select * from {{ latest_version(source('salesforce', 'accounts')) }}

),

renamed as (

    select
        -- ids
        _key as account_id,
        {{ json_text('payload', '$.ParentId') }} as parent_account_id,
        {{ json_text('payload', '$.MasterRecordId') }} as merged_into_id,
        {{ json_text('payload', '$.OwnerId') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.Name') }} as account_name,
        {{ json_text('payload', '$.Type') }} as account_type,
        {{ json_text('payload', '$.Website') }} as website,
        {{ json_text('payload', '$.Industry') }} as industry,
        {{ json_text('payload', '$.BillingCountry') }} as billing_country,
        {{ json_text('payload', '$.CurrencyIsoCode') }} as currency,

        -- numerics
        {{ as_integer(json_text('payload', '$.NumberOfEmployees')) }} as number_of_employees,

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
