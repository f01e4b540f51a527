-- Written from quality/rules/landed_hubspot_deals.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        case when count(*) filter (where (not _deleted)) < 20 then 1 else count(*) filter (where (not _deleted) and (payload->'properties'->>'dealstage') is not null and (payload->'properties'->>'dealstage')::varchar <> '') / count(*) filter (where (not _deleted)) end as deals_have_stages
    from (select * from {{ source('hubspot', 'deals') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('hubspot', 'deals') }}))
)

select 'deals_have_stages' as rule_name, deals_have_stages::varchar as observed from measured where deals_have_stages is null or deals_have_stages < 0.9
