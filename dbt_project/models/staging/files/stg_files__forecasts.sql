with

source as (

    select * from {{ latest_version(source('files', 'forecasts')) }}

),

renamed as (

    select
        -- ids
        _key as forecast_snapshot_id,
        {{ json_text('payload', '$.owner_id') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.period') }} as period,
        {{ json_text('payload', '$.currency') }} as currency,

        -- numerics
        {{ as_decimal(json_text('payload', '$.amount')) }} as amount,

        -- dates
        {{ as_date(json_text('payload', '$.snapshot_date')) }} as snapshot_date,

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
