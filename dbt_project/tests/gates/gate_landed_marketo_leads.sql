-- Written from quality/rules/landed_marketo_leads.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        case when count(*) filter (where (not _deleted)) < 100 then 1 else count(*) filter (where (not _deleted) and (payload->>'email') is not null and (payload->>'email')::varchar <> '') / count(*) filter (where (not _deleted)) end as leads_have_addresses
    from (select * from {{ source('marketo', 'leads') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('marketo', 'leads') }}))
)

select 'leads_have_addresses' as rule_name, leads_have_addresses::varchar as observed from measured where leads_have_addresses is null or leads_have_addresses < 0.2
