with

source as (

    select * from {{ latest_version(source('marketo', 'lead_changes')) }}

),

fields as (

    select
        *,
        {{ each_entry("cast(json_extract(payload, '$.fields') as json [])") }}
    from source

),

renamed as (

    select
        -- ids
        _key || '-' || {{ json_text('entry', '$.name') }} as lead_change_id,
        _key as activity_id,
        {{ json_text('payload', '$.leadId') }} as lead_id,
        {{ json_text('payload', '$.activityTypeId') }} as activity_type_id,

        -- strings
        {{ json_text('entry', '$.name') }} as field_name,
        {{ json_text('entry', '$.oldValue') }} as old_value,
        {{ json_text('entry', '$.newValue') }} as new_value,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.activityDate')) }} as changed_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from fields

)

select * from renamed
