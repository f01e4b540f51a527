with

source as (

    select * from {{ latest_version(source('hubspot', 'email_events')) }}

),

renamed as (

    select
        -- ids
        _key as email_event_id,
        {{ json_text('payload', '$.id') }} as event_id,
        {{ json_text('payload', '$.emailCampaignId') }} as email_campaign_id,
        {{ json_text('payload', '$.sentBy.id') }} as sent_by_event_id,
        {{ json_text('payload', '$.causedBy.id') }} as caused_by_event_id,
        {{ json_text('payload', '$.obsoletedBy.id') }} as obsoleted_by_event_id,

        -- strings
        lower({{ json_text('payload', '$.type') }}) as event_type,
        lower({{ json_text('payload', '$.recipient') }}) as recipient_email,
        {{ json_text('payload', '$.subject') }} as subject,
        {{ json_text('payload', '$.url') }} as url,
        lower({{ json_text('payload', '$.deviceType') }}) as device_type,
        lower({{ json_text('payload', '$.category') }}) as bounce_category,
        lower(
            coalesce(
                {{ json_text('payload', '$.portalSubscriptionStatus') }},
                {{ json_text('payload', '$.subscriptions[0].status') }}
            )
        ) as subscription_status,
        {{ json_text('payload', '$.response') }} as response,

        -- booleans
        {{ as_boolean(json_text('payload', '$.filteredEvent')) }} as is_filtered,
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_milliseconds(json_text('payload', '$.created')) }} as occurred_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
