with

source as (

    select * from {{ latest_version(source('zendesk', 'ticket_events')) }}

),

children as (

    select
        _key,
        _deleted,
        _extracted_at,
        _run_id,
        {{ json_text('payload', '$.ticket_id') }} as ticket_id,
        {{ json_text('payload', '$.updater_id') }} as updater_id,
        {{ as_timestamp(json_text('payload', '$.created_at')) }} as occurred_at,
        unnest({{ json_list('payload', '$.child_events') }}) as child
    from source

),

renamed as (

    select
        -- ids
        {{ json_text('child', '$.id') }} as ticket_status_change_id,
        ticket_id,
        _key as ticket_event_id,
        updater_id,

        -- strings
        {{ json_text('child', '$.status') }} as status,
        {{ json_text('child', '$.previous_value') }} as previous_status,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        occurred_at as entered_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from children
    where {{ json_text('child', '$.event_type') }} in ('Create', 'Change')
        and {{ json_text('child', '$.status') }} is not null

)

select * from renamed
