-- A word that seeds/touch_type_map.csv does not know is no touch. Of the product's own events most
-- are none: only those are told that call themselves key events.
{{ config(severity='warn') }}

select
    records.source,
    records.source_type,
    count(*) as record_count
from {{ ref('touch_records') }} as records
left join {{ ref('touch_type_map') }} as touch_types
    on
        records.source = touch_types.tool
        and records.source_type = touch_types.source_type
where
    touch_types.tool is null
    and (records.source != 'events' or records.is_key_event)
group by records.source, records.source_type
