with

source as (

    select * from {{ latest_version(source('stripe', 'events')) }}

),

renamed as (

    select
        -- ids
        _key as event_id,
        {{ json_text('payload', '$.data.object.id') }} as object_id,
        {{ json_text('payload', '$.data.object.customer') }} as customer_id,
        coalesce(
            {{ json_text('payload', '$.data.object.parent.subscription_details.subscription') }},
            {{ json_text('payload', '$.data.object.subscription') }},
            case
                when {{ json_text('payload', '$.data.object.object') }} = 'subscription'
                    then {{ json_text('payload', '$.data.object.id') }}
            end
        )
            as subscription_id,

        -- strings
        {{ json_text('payload', '$.type') }} as event_type,
        {{ json_text('payload', '$.data.object.object') }} as object_type,
        {{ json_text('payload', '$.data.object.status') }} as status,
        {{ json_text('payload', '$.api_version') }} as api_version,
        {{ json_part('payload', '$.data.previous_attributes') }} as previous_attributes,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.created')) }} as occurred_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
