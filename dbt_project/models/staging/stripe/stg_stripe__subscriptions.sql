with

source as (

    select * from {{ latest_version(source('stripe', 'subscriptions')) }}

),

renamed as (

    select
        -- ids
        _key as subscription_id,
        {{ json_text('payload', '$.customer') }} as customer_id,
        {{ json_text('payload', '$.latest_invoice') }} as latest_invoice_id,

        -- strings
        {{ json_text('payload', '$.status') }} as status,
        upper({{ json_text('payload', '$.currency') }}) as currency,
        {{ json_text('payload', '$.collection_method') }} as collection_method,
        {{ json_text('payload', '$.cancellation_details.reason') }} as cancellation_reason,
        {{ json_text('payload', '$.cancellation_details.feedback') }} as cancellation_feedback,

        -- booleans
        {{ as_boolean(json_text('payload', '$.cancel_at_period_end')) }}
            as is_canceled_at_period_end,
        {{ json_text('payload', '$.pause_collection.behavior') }} is not null
            as is_collection_paused,
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.created')) }} as created_at,
        {{ from_unix_seconds(json_text('payload', '$.start_date')) }} as started_at,
        {{ from_unix_seconds(json_text('payload', '$.trial_start')) }} as trial_started_at,
        {{ from_unix_seconds(json_text('payload', '$.trial_end')) }} as trial_ends_at,
        coalesce(
            {{ from_unix_seconds(json_text('payload', '$.current_period_start')) }},
            {{ from_unix_seconds(
                json_text('payload', '$.items.data[0].current_period_start')
            ) }}
        )
            as current_period_started_at,
        coalesce(
            {{ from_unix_seconds(json_text('payload', '$.current_period_end')) }},
            {{ from_unix_seconds(json_text('payload', '$.items.data[0].current_period_end')) }}
        )
            as current_period_ends_at,
        {{ from_unix_seconds(json_text('payload', '$.cancel_at')) }} as cancels_at,
        {{ from_unix_seconds(json_text('payload', '$.canceled_at')) }} as canceled_at,
        {{ from_unix_seconds(json_text('payload', '$.ended_at')) }} as ended_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
