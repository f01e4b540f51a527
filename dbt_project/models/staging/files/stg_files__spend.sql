with

source as (

    select * from {{ latest_version(source('files', 'spend')) }}

),

renamed as (

    select
        -- ids
        _key as spend_id,
        {{ json_text('payload', '$.campaign_id') }} as campaign_id,

        -- strings
        {{ json_text('payload', '$.department') }} as department,
        {{ json_text('payload', '$.cost_type') }} as cost_type,
        {{ json_text('payload', '$.channel') }} as channel,
        {{ json_text('payload', '$.currency') }} as currency,

        -- numerics
        {{ as_decimal(json_text('payload', '$.amount')) }} as amount,

        -- dates
        {{ as_date(json_text('payload', '$.spend_date')) }} as spend_date,

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
