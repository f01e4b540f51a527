with

source as (

    select * from {{ latest_version(source('events', 'events')) }}

),

renamed as (

    select
        -- ids
        _key as event_id,
        {{ json_text('payload', '$.anonymousId') }} as anonymous_id,
        {{ json_text('payload', '$.userId') }} as user_id,
        {{ json_text('payload', '$.previousId') }} as previous_id,
        {{ json_text('payload', '$.groupId') }} as group_id,
        {{ json_text('payload', '$.context.sessionId') }} as session_id,

        -- strings
        {{ json_text('payload', '$.type') }} as event_type,
        coalesce(
            {{ json_text('payload', '$.event') }}, {{ json_text('payload', '$.name') }}
        ) as event_name,
        {{ json_text('payload', '$.properties') }} as properties,
        coalesce(
            {{ json_text('payload', '$.context.page.url') }},
            {{ json_text('payload', '$.properties.url') }}
        ) as page_url,
        coalesce(
            {{ json_text('payload', '$.context.page.path') }},
            {{ json_text('payload', '$.properties.path') }}
        ) as page_path,
        coalesce(
            {{ json_text('payload', '$.context.page.referrer') }},
            {{ json_text('payload', '$.properties.referrer') }}
        ) as referrer,
        {{ json_text('payload', '$.context.campaign.source') }} as campaign_source,
        {{ json_text('payload', '$.context.campaign.medium') }} as campaign_medium,
        {{ json_text('payload', '$.context.campaign.name') }} as campaign_name,
        coalesce(
            {{ json_text('payload', '$.properties.form') }},
            {{ json_text('payload', '$.properties.form_name') }},
            {{ json_text('payload', '$.properties.asset') }}
        ) as asset_name,
        {{ json_text('payload', '$.context.locale') }} as locale,

        -- booleans
        {{ as_boolean(json_text('payload', '$.properties.key_event')) }} as is_key_event,
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.timestamp')) }} as given_at,
        {{ as_timestamp(json_text('payload', '$.originalTimestamp')) }} as device_at,
        {{ as_timestamp(json_text('payload', '$.sentAt')) }} as sent_at,
        {{ as_timestamp(json_text('payload', '$.receivedAt')) }} as received_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

),

corrected as (

    select
        *,
        -- The device's clock may be wrong, the time between two of its readings is not.
        coalesce(received_at - (sent_at - device_at), given_at, device_at, sent_at, received_at)
            as occurred_at
    from renamed

)

select * from corrected
