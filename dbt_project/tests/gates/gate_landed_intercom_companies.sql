-- Written from quality/rules/landed_intercom_companies.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        case when count(*) filter (where (not _deleted)) < 20 then 1 else count(*) filter (where (not _deleted) and (payload->>'name') is not null and (payload->>'name')::varchar <> '') / count(*) filter (where (not _deleted)) end as companies_have_names
    from (select * from {{ source('intercom', 'companies') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('intercom', 'companies') }}))
)

select 'companies_have_names' as rule_name, companies_have_names::varchar as observed from measured where companies_have_names is null or companies_have_names < 0.5
