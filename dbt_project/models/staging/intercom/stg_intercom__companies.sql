with

source as (

    select * from {{ latest_version(source('intercom', 'companies')) }}

),

renamed as (

    select
        -- ids
        _key as company_id,
        {{ json_text('payload', '$.company_id') }} as external_id,

        -- strings
        {{ json_text('payload', '$.name') }} as company_name,
        {{ json_text('payload', '$.website') }} as website,
        {{ json_text('payload', '$.industry') }} as industry,
        {{ json_text('payload', '$.plan.name') }} as plan_name,
        {{ json_texts('payload', '$.tags.tags[*].name') }} as tags,
        {{ json_text('payload', '$.custom_attributes') }} as custom_attributes,

        -- numbers
        {{ as_decimal(json_text('payload', '$.monthly_spend')) }} as monthly_spend,
        {{ as_integer(json_text('payload', '$.size')) }} as employee_count,
        {{ as_integer(json_text('payload', '$.user_count')) }} as user_count,
        {{ as_integer(json_text('payload', '$.session_count')) }} as session_count,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.remote_created_at')) }} as customer_since,
        {{ from_unix_seconds(json_text('payload', '$.last_request_at')) }} as last_request_at,
        {{ from_unix_seconds(json_text('payload', '$.created_at')) }} as created_at,
        {{ from_unix_seconds(json_text('payload', '$.updated_at')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
