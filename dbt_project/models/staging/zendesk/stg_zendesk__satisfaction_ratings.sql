with

source as (

    select * from {{ latest_version(source('zendesk', 'satisfaction_ratings')) }}

),

renamed as (

    select
        -- ids
        _key as satisfaction_rating_id,
        {{ json_text('payload', '$.ticket_id') }} as ticket_id,
        {{ json_text('payload', '$.requester_id') }} as requester_id,
        {{ json_text('payload', '$.assignee_id') }} as assignee_id,

        -- strings
        {{ json_text('payload', '$.score') }} as score,
        {{ json_text('payload', '$.comment') }} as comment_text,
        {{ json_text('payload', '$.reason') }} as reason,

        -- booleans
        coalesce(
            {{ json_text('payload', '$.score') }}
            not in ('offered', 'unoffered'),
            false
        ) as is_response,
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.created_at')) }} as offered_at,
        {{ as_timestamp(json_text('payload', '$.updated_at')) }} as responded_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
