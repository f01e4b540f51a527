with

source as (

    select * from {{ latest_version(source('intercom', 'tags')) }}

),

renamed as (

    select
        -- ids
        _key as tag_id,

        -- strings
        {{ json_text('payload', '$.name') }} as tag_name,

        -- booleans
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
