with

source as (

    select * from {{ latest_version(source('files', 'nps_responses')) }}

),

renamed as (

    select
        -- ids
        _key as response_id,

        -- strings
        {{ json_text('payload', '$.email') }} as email,
        {{ json_text('payload', '$.comment') }} as comment,

        -- numerics
        {{ as_integer(json_text('payload', '$.score')) }} as score,

        -- timestamps
        {{ as_local_timestamp(json_text('payload', '$.responded_at')) }} as responded_at,

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
