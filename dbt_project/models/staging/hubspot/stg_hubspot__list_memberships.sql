with

source as (

    select * from {{ latest_version(source('hubspot', 'list_memberships')) }}

),

renamed as (

    select
        -- ids
        _key as list_membership_id,
        {{ json_text('payload', '$.listId') }} as list_id,
        {{ json_text('payload', '$.recordId') }} as record_id,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.membershipTimestamp')) }} as joined_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
