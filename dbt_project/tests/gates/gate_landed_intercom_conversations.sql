-- Written from quality/rules/landed_intercom_conversations.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        count(*) filter (where (not _deleted) and ((payload->>'state') not in ('open', 'closed', 'snoozed'))) as every_state_is_known
    from (select * from {{ source('intercom', 'conversations') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('intercom', 'conversations') }}))
)

select 'every_state_is_known' as rule_name, every_state_is_known::varchar as observed from measured where every_state_is_known is null or every_state_is_known > 0
