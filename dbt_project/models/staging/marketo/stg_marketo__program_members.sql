with

source as (

    select * from {{ latest_version(source('marketo', 'program_members')) }}

),

renamed as (

    select
        -- ids
        _key as program_member_id,
        {{ json_text('payload', '$.programId') }} as program_id,
        {{ json_text('payload', '$.leadId') }} as lead_id,

        -- strings
        {{ json_text('payload', '$.statusName') }} as status,
        {{ json_text('payload', '$.statusReason') }} as status_reason,
        {{ json_text('payload', '$.nurtureCadence') }} as nurture_cadence,

        -- booleans
        {{ as_boolean(json_text('payload', '$.reachedSuccess')) }} as has_reached_success,
        {{ as_boolean(json_text('payload', '$.acquiredBy')) }} as is_acquired_by,
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.membershipDate')) }} as joined_at,
        {{ as_timestamp(json_text('payload', '$.reachedSuccessDate')) }} as reached_success_at,
        {{ as_timestamp(json_text('payload', '$.updatedAt')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
