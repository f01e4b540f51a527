-- Written from quality/rules/landed_intercom_contacts.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        count(*) filter (where (not _deleted) and ((payload->>'role') not in ('user', 'lead'))) as every_role_is_known
    from (select * from {{ source('intercom', 'contacts') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('intercom', 'contacts') }}))
)

select 'every_role_is_known' as rule_name, every_role_is_known::varchar as observed from measured where every_role_is_known is null or every_role_is_known > 0
