with

source as (

    select * from {{ latest_version(source('hubspot', 'pipelines')) }}

),

stages as (

    select
        _key,
        _deleted,
        _extracted_at,
        _run_id,
        {{ json_text('payload', '$.objectType') }} as object_type,
        {{ json_text('payload', '$.id') }} as pipeline_id,
        unnest({{ json_list('payload', '$.stages') }}) as payload
    from source

),

renamed as (

    select
        -- ids
        _key || '/' || {{ json_text('payload', '$.id') }} as pipeline_stage_key,
        {{ json_text('payload', '$.id') }} as stage_id,
        pipeline_id,

        -- strings
        object_type,
        {{ json_text('payload', '$.label') }} as stage,

        -- numerics
        {{ as_integer(json_text('payload', '$.displayOrder')) }} as display_order,
        {{ as_decimal(json_text('payload', '$.metadata.probability'), 4) }} as probability,

        -- booleans
        {{ as_boolean(json_text('payload', '$.metadata.isClosed')) }} as is_closed,
        {{ as_boolean(json_text('payload', '$.metadata.isClosed')) }}
        and coalesce(
            {{ as_decimal(json_text('payload', '$.metadata.probability'), 4) }} = 1, false
        ) as is_won,
        _deleted or {{ as_boolean(json_text('payload', '$.archived')) }} as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.createdAt')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.updatedAt')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from stages

)

select * from renamed
