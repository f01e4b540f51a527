with

source as (

    select * from {{ latest_version(source('hubspot', 'tasks')) }}

),

renamed as (

    select
        -- ids
        _key as task_id,
        {{ json_text('payload', '$.properties.hubspot_owner_id') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.properties.hs_task_subject') }} as task_subject,
        {{ json_text('payload', '$.properties.hs_task_body') }} as body,
        lower({{ json_text('payload', '$.properties.hs_task_status') }}) as task_status,
        lower({{ json_text('payload', '$.properties.hs_task_priority') }}) as priority,
        lower({{ json_text('payload', '$.properties.hs_task_type') }}) as task_type,

        -- booleans
        _deleted or {{ as_boolean(json_text('payload', '$.archived')) }} as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.properties.hs_timestamp')) }} as occurred_at,
        {{ as_timestamp(json_text('payload', '$.properties.hs_task_completion_date')) }}
            as completed_at,
        {{ as_timestamp(json_text('payload', '$.createdAt')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.updatedAt')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
