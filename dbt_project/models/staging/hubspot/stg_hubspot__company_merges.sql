with

source as (

    select * from {{ latest_version(source('hubspot', 'companies')) }}

),

-- A merge makes a record with a new id that names those it came from.
merged as (

    select
        _key,
        _deleted,
        _extracted_at,
        _run_id,
        unnest(
            {{ split_text(json_text('payload', '$.properties.hs_merged_object_ids'), ';') }}
        ) as merged_id
    from source

),

renamed as (

    select
        -- ids
        merged_id || '/' || _key as company_merge_id,
        merged_id as merged_company_id,
        _key as merged_into_company_id,

        -- booleans
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from merged

)

select * from renamed
