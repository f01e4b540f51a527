with

source as (

    select * from {{ latest_version(source('database', 'customers')) }}

),

renamed as (

    select
        -- ids
        _key as customer_id,

        -- strings
        {{ json_text('payload', '$.company_name') }} as company_name,
        {{ json_text('payload', '$.domain') }} as domain,
        {{ json_text('payload', '$.plan') }} as plan_name,
        {{ json_text('payload', '$.billing_email') }} as billing_email,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.created_at')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.updated_at')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
