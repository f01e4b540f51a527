with

source as (

    select * from {{ latest_version(source('marketo', 'programs')) }}

),

renamed as (

    select
        -- ids
        _key as program_id,

        -- strings
        {{ json_text('payload', '$.name') }} as program_name,
        {{ json_text('payload', '$.type') }} as program_type,
        {{ json_text('payload', '$.channel') }} as channel,
        {{ json_text('payload', '$.status') }} as status,
        {{ json_text('payload', '$.workspace') }} as workspace,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{
            as_timestamp("replace(" ~ json_text('payload', '$.createdAt') ~ ", 'Z+0000', 'Z')")
        }} as created_at,
        {{
            as_timestamp("replace(" ~ json_text('payload', '$.updatedAt') ~ ", 'Z+0000', 'Z')")
        }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
