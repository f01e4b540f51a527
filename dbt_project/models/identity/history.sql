-- The events are written where ids are given: with the maps.
-- depends_on: {{ ref('account_map') }}
-- depends_on: {{ ref('person_map') }}
with

remembered as (

    select * from {{ remembered('identity_events') }}

),

final as (

    select
        md5(concat_ws(' ', entity, event, from_id, to_id, run_id)) as event_id,
        entity,
        event,
        from_id,
        to_id,
        happened_at,
        run_id,
        rule,
        why,
        records
    from remembered

)

select * from final
