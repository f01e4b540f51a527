with

source as (

    select * from {{ latest_version(source('files', 'fx_rates')) }}

),

renamed as (

    select
        -- ids
        _key as fx_rate_id,

        -- strings
        {{ json_text('payload', '$.rate_type') }} as rate_type,
        {{ json_text('payload', '$.from_currency') }} as from_currency,
        {{ json_text('payload', '$.to_currency') }} as to_currency,

        -- numerics
        {{ as_decimal(json_text('payload', '$.rate'), 8) }} as rate,

        -- dates
        {{ as_date(json_text('payload', '$.rate_date')) }} as rate_date,

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
