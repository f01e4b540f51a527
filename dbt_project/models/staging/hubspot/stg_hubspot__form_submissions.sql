with

source as (

    select * from {{ latest_version(source('hubspot', 'form_submissions')) }}

),

renamed as (

    select
        -- ids
        _key as form_submission_id,
        {{ json_text('payload', '$.formId') }} as form_id,

        -- strings
        lower(
            {{ first_named(json_list('payload', '$.values'), 'email') }}
        ) as email,
        {{ json_text('payload', '$.pageUrl') }} as page_url,

        -- lists
        {{ json_list('payload', '$.values') }} as submitted_values,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_milliseconds(json_text('payload', '$.submittedAt')) }} as submitted_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
