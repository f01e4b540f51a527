with

source as (

    select * from {{ latest_version(source('salesforce', 'tasks')) }}

),

renamed as (

    select
        -- ids
        _key as task_id,
        {{ json_text('payload', '$.WhoId') }} as who_id,
        {{ json_text('payload', '$.WhatId') }} as what_id,
        {{ json_text('payload', '$.AccountId') }} as account_id,
        {{ json_text('payload', '$.OwnerId') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.Subject') }} as subject,
        {{ json_text('payload', '$.Type') }} as task_type,
        {{ json_text('payload', '$.TaskSubtype') }} as task_subtype,
        {{ json_text('payload', '$.CallType') }} as call_type,
        {{ json_text('payload', '$.Direction__c') }} as direction_label,
        {{ json_text('payload', '$.Status') }} as task_status,
        {{ json_text('payload', '$.Description') }} as description,

        -- numerics
        {{ as_integer(json_text('payload', '$.CallDurationInSeconds')) }} as call_seconds,

        -- booleans
        {{ as_boolean(json_text('payload', '$.IsClosed')) }} as is_closed,
        {{ as_boolean(json_text('payload', '$.IsArchived')) }} as is_archived,
        _deleted or {{ as_boolean(json_text('payload', '$.IsDeleted')) }} as is_deleted,

        -- dates
        {{ as_date(json_text('payload', '$.ActivityDate')) }} as due_date,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.CompletedDateTime')) }} as completed_at,
        {{ as_timestamp(json_text('payload', '$.CreatedDate')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.LastModifiedDate')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
