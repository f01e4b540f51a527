with

source as (

    select * from {{ latest_version(source('hubspot', 'meetings')) }}

),

renamed as (

    select
        -- ids
        _key as meeting_id,
        {{ json_text('payload', '$.properties.hubspot_owner_id') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.properties.hs_meeting_title') }} as meeting_title,
        {{ json_text('payload', '$.properties.hs_meeting_body') }} as body,
        lower({{ json_text('payload', '$.properties.hs_meeting_outcome') }}) as meeting_outcome,
        {{ json_text('payload', '$.properties.hs_meeting_location') }} as location,
        {{ json_text('payload', '$.properties.hs_activity_type') }} as meeting_type,

        -- booleans
        _deleted or {{ as_boolean(json_text('payload', '$.archived')) }} as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.properties.hs_timestamp')) }} as occurred_at,
        {{ as_timestamp(json_text('payload', '$.properties.hs_meeting_start_time')) }}
            as started_at,
        {{ as_timestamp(json_text('payload', '$.properties.hs_meeting_end_time')) }} as ended_at,
        {{ as_timestamp(json_text('payload', '$.createdAt')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.updatedAt')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
