with

source as (

    select * from {{ latest_version(source('zendesk', 'tickets')) }}

),

renamed as (

    select
        -- ids
        _key as ticket_id,
        {{ json_text('payload', '$.organization_id') }} as organization_id,
        {{ json_text('payload', '$.requester_id') }} as requester_id,
        {{ json_text('payload', '$.submitter_id') }} as submitter_id,
        {{ json_text('payload', '$.assignee_id') }} as assignee_id,

        -- strings
        {{ json_text('payload', '$.subject') }} as subject,
        {{ json_text('payload', '$.type') }} as ticket_type,
        {{ json_text('payload', '$.priority') }} as priority,
        {{ json_text('payload', '$.status') }} as status,
        {{ json_text('payload', '$.via.channel') }} as via_channel,
        {{ json_text('payload', '$.satisfaction_rating.score') }} as satisfaction_score,
        {{ json_list('payload', '$.tags') }} as tags,

        -- booleans
        coalesce('closed_by_merge' = any({{ json_list('payload', '$.tags') }}), false)
            as is_merged,
        _deleted or coalesce({{ json_text('payload', '$.status') }} = 'deleted', false)
            as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.created_at')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.updated_at')) }} as updated_at,
        -- A ticket that was seen alive keeps the payload of then.
        case
            when {{ json_text('payload', '$.status') }} = 'deleted'
                then {{ as_timestamp(json_text('payload', '$.updated_at')) }}
            when _deleted then _extracted_at
        end as deleted_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
