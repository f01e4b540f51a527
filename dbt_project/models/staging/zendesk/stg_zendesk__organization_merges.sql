with

source as (

    select * from {{ latest_version(source('zendesk', 'organization_merges')) }}

),

renamed as (

    select
        -- ids
        _key as organization_merge_id,
        {{ json_text('payload', '$.loser_id') }} as loser_organization_id,
        {{ json_text('payload', '$.winner_id') }} as winner_organization_id,

        -- strings
        {{ json_text('payload', '$.status') }} as status,

        -- booleans
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
