-- Written from quality/rules/landed_zendesk_organizations.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        case when count(*) filter (where (not _deleted)) < 100 then 1 else count(*) filter (where (not _deleted) and (nullif(payload->>'domain_names', '[]')) is not null and (nullif(payload->>'domain_names', '[]'))::varchar <> '') / count(*) filter (where (not _deleted)) end as organizations_have_domains
    from (select * from {{ source('zendesk', 'organizations') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('zendesk', 'organizations') }}))
)

select 'organizations_have_domains' as rule_name, organizations_have_domains::varchar as observed from measured where organizations_have_domains is null or organizations_have_domains < 0.1
