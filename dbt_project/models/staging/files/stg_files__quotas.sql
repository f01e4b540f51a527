with

source as (

    select * from {{ latest_version(source('files', 'quotas')) }}

),

renamed as (

    select
        -- ids
        _key as quota_id,
        {{ json_text('payload', '$.owner_id') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.period') }} as period,
        {{ json_text('payload', '$.currency') }} as currency,

        -- numerics
        {{ as_decimal(json_text('payload', '$.amount')) }} as amount,

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
