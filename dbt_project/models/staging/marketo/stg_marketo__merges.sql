with

source as (

    select * from {{ latest_version(source('marketo', 'merges')) }}

),

merge_ids as (

    select
        *,
        {{ each_entry("cast(json_extract(payload, '$.attributes') as json [])") }}
    from source

),

losers as (

    select
        *,
        unnest(regexp_extract_all({{ json_text('entry', '$.value') }}, '[0-9]+')) as losing_lead_id
    from merge_ids
    where {{ json_text('entry', '$.name') }} = 'Merge IDs'

),

renamed as (

    select
        -- ids
        _key || '-' || losing_lead_id as merge_id,
        _key as activity_id,
        losing_lead_id as lead_id,
        {{ json_text('payload', '$.leadId') }} as merged_into_lead_id,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.activityDate')) }} as merged_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from losers

)

select * from renamed
