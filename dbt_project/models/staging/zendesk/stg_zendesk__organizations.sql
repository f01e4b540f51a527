with

source as (

    select * from {{ latest_version(source('zendesk', 'organizations')) }}

),

renamed as (

    select
        -- ids
        _key as organization_id,
        {{ json_text('payload', '$.external_id') }} as external_id,

        -- strings
        {{ json_text('payload', '$.name') }} as organization_name,
        {{ json_list('payload', '$.domain_names') }} as domain_names,

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
