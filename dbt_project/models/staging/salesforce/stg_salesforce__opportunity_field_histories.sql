with

source as (

    select * from {{ latest_version(source('salesforce', 'opportunity_field_histories')) }}

),

renamed as (

    select
        -- ids
        _key as opportunity_field_history_id,
        {{ json_text('payload', '$.OpportunityId') }} as opportunity_id,
        {{ json_text('payload', '$.CreatedById') }} as changed_by_id,

        -- strings
        {{ json_text('payload', '$.Field') }} as field_name,
        {{ json_text('payload', '$.DataType') }} as data_type,
        {{ json_text('payload', '$.OldValue') }} as old_value,
        {{ json_text('payload', '$.NewValue') }} as new_value,

        -- booleans
        _deleted or {{ as_boolean(json_text('payload', '$.IsDeleted')) }} as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.CreatedDate')) }} as changed_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
