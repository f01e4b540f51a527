with

source as (

    select * from {{ latest_version(source('hubspot', 'associations')) }}

),

-- A record that has lost all of its associations keeps its last list, as deleted.
others as (

    select
        _key,
        _deleted,
        _extracted_at,
        _run_id,
        {{ json_text('payload', '$.fromObjectType') }} as from_object_type,
        {{ json_text('payload', '$.from.id') }} as from_object_id,
        {{ json_text('payload', '$.toObjectType') }} as to_object_type,
        unnest({{ json_list('payload', '$.to') }}) as payload
    from source

),

types as (

    select
        * exclude (payload),
        {{ json_text('payload', '$.toObjectId') }} as to_object_id,
        unnest({{ json_list('payload', '$.associationTypes') }}) as payload
    from others

),

renamed as (

    select
        -- ids
        _key || '/' || to_object_id || '/' || {{ json_text('payload', '$.category') }} || '/'
        || {{ json_text('payload', '$.typeId') }} as association_id,
        from_object_id,
        to_object_id,
        {{ json_text('payload', '$.typeId') }} as association_type_id,

        -- strings
        from_object_type,
        to_object_type,
        lower({{ json_text('payload', '$.category') }}) as association_category,
        {{ json_text('payload', '$.label') }} as association_label,

        -- booleans
        coalesce(
            {{ json_text('payload', '$.category') }} = 'HUBSPOT_DEFINED'
            and {{ json_text('payload', '$.label') }} = 'Primary',
            false
        ) as is_primary,
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from types

)

select * from renamed
