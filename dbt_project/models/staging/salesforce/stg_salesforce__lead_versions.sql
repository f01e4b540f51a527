with

source as (

    select * from {{ every_version(source('salesforce', 'leads')) }}

),

renamed as (

    select
        -- ids
        _key || ':' || version_number as lead_version_id,
        _key as lead_id,

        -- strings
        {{ json_text('payload', '$.Status') }} as lead_status,

        -- numerics
        version_number,

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
