with

source as (

    select * from {{ latest_version(source('hubspot', 'calls')) }}

),

renamed as (

    select
        -- ids
        _key as call_id,
        {{ json_text('payload', '$.properties.hubspot_owner_id') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.properties.hs_call_title') }} as call_title,
        {{ json_text('payload', '$.properties.hs_call_body') }} as body,
        lower({{ json_text('payload', '$.properties.hs_call_direction') }}) as direction,
        {{ json_text('payload', '$.properties.hs_call_disposition') }} as call_disposition_id,
        lower({{ json_text('payload', '$.properties.hs_call_status') }}) as call_status,

        -- numerics
        {{ as_integer(json_text('payload', '$.properties.hs_call_duration')) }} as duration_ms,

        -- booleans
        _deleted or {{ as_boolean(json_text('payload', '$.archived')) }} as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.properties.hs_timestamp')) }} as occurred_at,
        {{ as_timestamp(json_text('payload', '$.createdAt')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.updatedAt')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
