-- Written from quality/rules/landed_salesforce_accounts.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        case when count(*) filter (where (not _deleted)) < 100 then 1 else count(*) filter (where (not _deleted) and (payload->>'Website') is not null and (payload->>'Website')::varchar <> '') / count(*) filter (where (not _deleted)) end as accounts_have_sites
    from (select * from {{ source('salesforce', 'accounts') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('salesforce', 'accounts') }}))
)

select 'accounts_have_sites' as rule_name, accounts_have_sites::varchar as observed from measured where accounts_have_sites is null or accounts_have_sites < 0.1
