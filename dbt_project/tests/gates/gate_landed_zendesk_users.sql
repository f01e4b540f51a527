-- Written from quality/rules/landed_zendesk_users.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        case when count(*) filter (where (not _deleted)) < 100 then 1 else count(*) filter (where (not _deleted) and (payload->>'email') is not null and (payload->>'email')::varchar <> '') / count(*) filter (where (not _deleted)) end as users_have_addresses
    from (select * from {{ source('zendesk', 'users') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('zendesk', 'users') }}))
)

select 'users_have_addresses' as rule_name, users_have_addresses::varchar as observed from measured where users_have_addresses is null or users_have_addresses < 0.2
