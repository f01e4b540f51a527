with

source as (

    select * from {{ latest_version(source('marketo', 'programs')) }}

),

costs as (

    select
        *,
        {{ each_entry("cast(json_extract(payload, '$.costs') as json [])") }}
    from source

),

renamed as (

    select
        -- ids
        _key || '-' || entry_position as program_cost_id,
        _key as program_id,

        -- strings
        {{ json_text('entry', '$.note') }} as note,

        -- numbers
        {{ as_decimal(json_text('entry', '$.cost')) }} as cost,

        -- booleans
        _deleted as is_deleted,

        -- dates
        {{ as_date("left(" ~ json_text('entry', '$.startDate') ~ ", 10)") }} as period_start,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from costs

)

select * from renamed
