with

source as (

    select * from {{ latest_version(source('salesforce', 'events')) }}

),

renamed as (

    select
        -- ids
        _key as event_id,
        {{ json_text('payload', '$.WhoId') }} as who_id,
        {{ json_text('payload', '$.WhatId') }} as what_id,
        {{ json_text('payload', '$.AccountId') }} as account_id,
        {{ json_text('payload', '$.OwnerId') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.Subject') }} as subject,
        {{ json_text('payload', '$.Type') }} as event_type,
        {{ json_text('payload', '$.EventSubtype') }} as event_subtype,
        {{ json_text('payload', '$.Location') }} as location,
        {{ json_text('payload', '$.Description') }} as description,

        -- numerics
        {{ as_integer(json_text('payload', '$.DurationInMinutes')) }} as duration_minutes,

        -- booleans
        {{ as_boolean(json_text('payload', '$.IsAllDayEvent')) }} as is_all_day,
        {{ as_boolean(json_text('payload', '$.IsArchived')) }} as is_archived,
        {{ as_boolean(json_text('payload', '$.IsChild')) }} as is_child,
        _deleted or {{ as_boolean(json_text('payload', '$.IsDeleted')) }} as is_deleted,

        -- dates
        {{ as_date(json_text('payload', '$.ActivityDate')) }} as activity_date,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.StartDateTime')) }} as started_at,
        {{ as_timestamp(json_text('payload', '$.EndDateTime')) }} as ended_at,
        {{ as_timestamp(json_text('payload', '$.CreatedDate')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.LastModifiedDate')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
