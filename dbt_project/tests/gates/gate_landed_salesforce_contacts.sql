-- Written from quality/rules/landed_salesforce_contacts.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        case when count(*) filter (where (not _deleted)) < 100 then 1 else count(*) filter (where (not _deleted) and (payload->>'Email') is not null and (payload->>'Email')::varchar <> '') / count(*) filter (where (not _deleted)) end as contacts_have_addresses
    from (select * from {{ source('salesforce', 'contacts') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('salesforce', 'contacts') }}))
)

select 'contacts_have_addresses' as rule_name, contacts_have_addresses::varchar as observed from measured where contacts_have_addresses is null or contacts_have_addresses < 0.2
