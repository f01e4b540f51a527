with

source as (

    select * from {{ latest_version(source('zendesk', 'ticket_events')) }}

),

renamed as (

    select
        -- ids
        _key as ticket_event_id,
        {{ json_text('payload', '$.ticket_id') }} as ticket_id,
        {{ json_text('payload', '$.updater_id') }} as updater_id,

        -- strings
        {{ json_text('payload', '$.via') }} as via,
        {{ json_text('payload', '$.event_type') }} as event_type,
        {{ json_list('payload', '$.child_events') }} as child_events,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.created_at')) }} as occurred_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
