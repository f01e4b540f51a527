with

source as (

    select * from {{ latest_version(source('salesforce', 'users')) }}

),

renamed as (

    select
        -- ids
        _key as user_id,
        {{ json_text('payload', '$.ManagerId') }} as manager_id,

        -- strings
        {{ json_text('payload', '$.Name') }} as user_name,
        {{ json_text('payload', '$.Email') }} as email,
        {{ json_text('payload', '$.Department') }} as department,

        -- booleans
        {{ as_boolean(json_text('payload', '$.IsActive')) }} as is_active,
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.LastLoginDate')) }} as last_login_at,
        {{ as_timestamp(json_text('payload', '$.CreatedDate')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.LastModifiedDate')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
