with

source as (

    select * from {{ latest_version(source('files', 'plans')) }}

),

renamed as (

    select
        -- ids
        _key as plan_id,

        -- strings
        {{ json_text('payload', '$.period') }} as period,
        {{ json_text('payload', '$.measure') }} as measure,
        {{ json_text('payload', '$.channel') }} as channel,
        {{ json_text('payload', '$.currency') }} as currency,

        -- numerics
        {{ as_decimal(json_text('payload', '$.value'), 4) }} as planned_value,

        -- booleans
        _deleted as is_deleted,

        -- lineage
        {{ json_text('payload', '$._file') }} as file_name,
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
