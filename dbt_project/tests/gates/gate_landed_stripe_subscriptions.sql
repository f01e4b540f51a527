-- Written from quality/rules/landed_stripe_subscriptions.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        count(*) filter (where (not _deleted) and ((payload->>'status') not in ('trialing', 'active', 'incomplete', 'incomplete_expired', 'past_due', 'canceled', 'unpaid', 'paused'))) as every_status_is_known
    from (select * from {{ source('stripe', 'subscriptions') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('stripe', 'subscriptions') }}))
)

select 'every_status_is_known' as rule_name, every_status_is_known::varchar as observed from measured where every_status_is_known is null or every_status_is_known > 0
