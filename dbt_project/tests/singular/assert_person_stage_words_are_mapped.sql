-- A value that seeds/person_stage_map.csv does not know tells no stage.
{{ config(severity='warn') }}

with

told as (

    select
        'hubspot' as tool,
        property_name as property,
        property_value as source_value
    from {{ ref('stg_hubspot__property_histories') }}
    where object_type = 'contacts'

    union all

    select
        'marketo' as tool,
        field_name as property,
        new_value as source_value
    from {{ ref('stg_marketo__lead_changes') }}

    union all

    select
        'salesforce' as tool,
        'Status' as property,
        lead_status as source_value
    from {{ ref('stg_salesforce__lead_versions') }}

)

select
    told.tool,
    told.property,
    told.source_value,
    count(*) as value_count
from told
left join {{ ref('person_stage_map') }} as stage_map
    on
        told.tool = stage_map.tool
        and told.property = stage_map.property
        and {{ snake_cased('told.source_value') }} = stage_map.source_value
where
    stage_map.tool is null
    and told.source_value is not null
    and (told.tool, told.property) in (
        select
            named.tool,
            named.property
        from {{ ref('person_stage_map') }} as named
    )
group by told.tool, told.property, told.source_value
