with

source as (

    select * from {{ latest_version(source('hubspot', 'companies')) }}

),

renamed as (

    select
        -- ids
        _key as company_id,
        {{ json_text('payload', '$.properties.hubspot_owner_id') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.properties.name') }} as company_name,
        {{ json_text('payload', '$.properties.domain') }} as domain,
        {{ json_text('payload', '$.properties.website') }} as website,
        {{ json_text('payload', '$.properties.country') }} as country,
        {{ json_text('payload', '$.properties.industry') }} as industry,
        {{ json_text('payload', '$.properties.lifecyclestage') }} as lifecycle_stage,

        -- numerics
        {{ as_integer(json_text('payload', '$.properties.numberofemployees')) }}
            as number_of_employees,

        -- lists
        {{ split_text(json_text('payload', '$.properties.hs_merged_object_ids'), ';') }}
            as merged_company_ids,

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
