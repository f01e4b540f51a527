with

source as (

    select * from {{ latest_version(source('hubspot', 'property_histories')) }}

),

-- Newest first, as the tool shows them.
histories as (

    {% for property in [
        'dealstage', 'pipeline', 'amount', 'closedate', 'lifecyclestage', 'hs_lead_status',
        'hs_deal_stage_probability', 'hs_manual_forecast_category',
    ] %}
        select
            *,
            '{{ property }}' as property_name,
            {{ each_entry(json_list('payload', '$.propertiesWithHistory.' ~ property)) }}
        from source
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

in_order as (

    select
        *,
        row_number() over (partition by _key, property_name order by entry_position desc) as seq
    from histories

),

renamed as (

    select
        -- ids
        _key || '/' || property_name || '/' || seq as property_history_id,
        {{ json_text('payload', '$.id') }} as object_id,

        -- strings
        {{ json_text('payload', '$.objectType') }} as object_type,
        property_name,
        {{ json_text('entry', '$.value') }} as property_value,
        {{ json_text('entry', '$.sourceType') }} as source_type,

        -- numerics
        seq,

        -- booleans
        entry_position = 1 as is_current,
        _deleted as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('entry', '$.timestamp')) }} as entered_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from in_order

)

select * from renamed
