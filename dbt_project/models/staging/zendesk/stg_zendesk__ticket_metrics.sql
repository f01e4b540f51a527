with

source as (

    select * from {{ latest_version(source('zendesk', 'tickets')) }}

),

measured as (

    select
        _key,
        _deleted,
        _extracted_at,
        _run_id,
        {{ json_text('payload', '$.metric_set') }} as metrics
    from source

),

renamed as (

    select
        -- ids
        _key as ticket_id,

        -- numbers
        {{ as_integer(json_text('metrics', '$.reply_time_in_minutes.calendar')) }}
            as reply_time_minutes,
        {{ as_integer(json_text('metrics', '$.reply_time_in_minutes.business')) }}
            as reply_time_business_minutes,
        {{ as_integer(json_text('metrics', '$.first_resolution_time_in_minutes.calendar')) }}
            as first_resolution_time_minutes,
        {{ as_integer(json_text('metrics', '$.first_resolution_time_in_minutes.business')) }}
            as first_resolution_time_business_minutes,
        {{ as_integer(json_text('metrics', '$.full_resolution_time_in_minutes.calendar')) }}
            as full_resolution_time_minutes,
        {{ as_integer(json_text('metrics', '$.full_resolution_time_in_minutes.business')) }}
            as full_resolution_time_business_minutes,
        {{ as_integer(json_text('metrics', '$.requester_wait_time_in_minutes.calendar')) }}
            as requester_wait_time_minutes,
        {{ as_integer(json_text('metrics', '$.requester_wait_time_in_minutes.business')) }}
            as requester_wait_time_business_minutes,
        {{ as_integer(json_text('metrics', '$.agent_wait_time_in_minutes.calendar')) }}
            as agent_wait_time_minutes,
        {{ as_integer(json_text('metrics', '$.agent_wait_time_in_minutes.business')) }}
            as agent_wait_time_business_minutes,
        {{ as_integer(json_text('metrics', '$.on_hold_time_in_minutes.calendar')) }}
            as on_hold_time_minutes,
        {{ as_integer(json_text('metrics', '$.on_hold_time_in_minutes.business')) }}
            as on_hold_time_business_minutes,
        {{ as_integer(json_text('metrics', '$.reopens')) }} as reopen_count,
        {{ as_integer(json_text('metrics', '$.replies')) }} as reply_count,
        {{ as_integer(json_text('metrics', '$.assignee_stations')) }} as assignee_count,
        {{ as_integer(json_text('metrics', '$.group_stations')) }} as group_count,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('metrics', '$.initially_assigned_at')) }}
            as initially_assigned_at,
        {{ as_timestamp(json_text('metrics', '$.assigned_at')) }} as assigned_at,
        {{ as_timestamp(json_text('metrics', '$.assignee_updated_at')) }} as assignee_updated_at,
        {{ as_timestamp(json_text('metrics', '$.requester_updated_at')) }} as requester_updated_at,
        {{ as_timestamp(json_text('metrics', '$.status_updated_at')) }} as status_updated_at,
        {{ as_timestamp(json_text('metrics', '$.latest_comment_added_at')) }}
            as latest_comment_added_at,
        {{ as_timestamp(json_text('metrics', '$.solved_at')) }} as solved_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from measured
    where metrics is not null

)

select * from renamed
