-- Written from quality/rules/landed_events_events.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        case when count(*) filter (where (not _deleted)) < 20 then 1 else count(*) filter (where (not _deleted) and (coalesce(payload->>'userId', payload->>'anonymousId')) is not null and (coalesce(payload->>'userId', payload->>'anonymousId'))::varchar <> '') / count(*) filter (where (not _deleted)) end as calls_say_who
    from (select * from {{ source('events', 'events') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('events', 'events') }}))
)

select 'calls_say_who' as rule_name, calls_say_who::varchar as observed from measured where calls_say_who is null or calls_say_who < 0.9
