with

source as (

    select * from {{ latest_version(source('files', 'targets')) }}

),

renamed as (

    select
        -- ids
        _key as target_account_id,
        {{ json_text('payload', '$.owner_id') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.domain') }} as domain,
        {{ json_text('payload', '$.account_name') }} as account_name,
        {{ json_text('payload', '$.tier') }} as tier,

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
