with

source as (

    select * from {{ latest_version(source('hubspot', 'contacts')) }}

),

renamed as (

    select
        -- ids
        _key as contact_id,
        {{ json_text('payload', '$.properties.associatedcompanyid') }} as company_id,
        {{ json_text('payload', '$.properties.hubspot_owner_id') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.properties.email') }} as email,
        {{ json_text('payload', '$.properties.firstname') }} as first_name,
        {{ json_text('payload', '$.properties.lastname') }} as last_name,
        {{ json_text('payload', '$.properties.jobtitle') }} as job_title,
        {{ json_text('payload', '$.properties.phone') }} as phone,
        {{ json_text('payload', '$.properties.country') }} as country,
        {{ json_text('payload', '$.properties.lifecyclestage') }} as lifecycle_stage,
        {{ json_text('payload', '$.properties.hs_analytics_source') }} as analytics_source,

        -- lists
        {{ split_text(json_text('payload', '$.properties.hs_merged_object_ids'), ';') }}
            as merged_contact_ids,

        -- booleans
        _deleted or {{ as_boolean(json_text('payload', '$.archived')) }} as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.createdAt')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.updatedAt')) }} as updated_at,

        -- what was asked for, custom properties too
        {{ json_part('payload', '$.properties') }} as properties,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
