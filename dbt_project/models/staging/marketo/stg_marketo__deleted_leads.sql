with

source as (

    select * from {{ latest_version(source('marketo', 'deleted_leads')) }}

),

renamed as (

    select
        -- ids
        _key as activity_id,
        {{ json_text('payload', '$.leadId') }} as lead_id,

        -- strings
        {{ json_text('payload', '$.primaryAttributeValue') }} as full_name,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.activityDate')) }} as deleted_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
