{# A later update may change what an earlier one said, so all of them are read each time. #}
{{ config(materialized='table') }}

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

comments as (

    select * from children
    where {{ json_text('child', '$.event_type') }} in ('Comment', 'VoiceComment', 'FacebookComment')

),

-- A comment that was published by mistake is taken back by an update of its own.
visibilities as (

    select
        {{ json_text('child', '$.comment_id') }} as comment_id,
        arg_max({{ as_boolean(json_text('child', '$.public')) }}, row(occurred_at, _key))
            as is_public
    from children
    where {{ json_text('child', '$.event_type') }} = 'CommentPrivacyChange'
    group by all

),

redactions as (

    select distinct {{ json_text('child', '$.comment_id') }} as comment_id
    from children
    where {{ json_text('child', '$.event_type') }} = 'CommentRedactionEvent'

),

told as (

    select
        comments.*,
        coalesce(
            {{ json_text('comments.child', '$.plain_body') }},
            {{ json_text('comments.child', '$.body') }}
        ) as written,
        coalesce(visibilities.is_public, {{ as_boolean(json_text('comments.child', '$.public')) }})
            as is_public,
        redactions.comment_id is not null as is_redacted
    from comments
    left join visibilities
        on {{ json_text('comments.child', '$.id') }} = visibilities.comment_id
    left join redactions
        on {{ json_text('comments.child', '$.id') }} = redactions.comment_id

),

renamed as (

    select
        -- ids
        {{ json_text('child', '$.id') }} as comment_id,
        ticket_id,
        _key as ticket_event_id,
        {{ json_text('child', '$.author_id') }} as author_id,

        -- strings
        {{ json_text('child', '$.event_type') }} as comment_type,
        {{ json_text('child', '$.via.channel') }} as via_channel,
        case when not is_redacted then written end as body,

        -- booleans
        is_public,
        is_redacted,
        _deleted as is_deleted,

        -- timestamps
        coalesce({{ as_timestamp(json_text('child', '$.created_at')) }}, occurred_at) as created_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from told

)

select * from renamed
