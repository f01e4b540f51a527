-- Written from quality/rules/landed_google_ads_campaign_stats.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        count(*) filter (where not coalesce((_deleted or coalesce(try_cast(payload->'metrics'->>'costMicros' as hugeint) >= 0, false)), false)) as what_was_spent_is_a_number
    from (select * from {{ source('google_ads', 'campaign_stats') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('google_ads', 'campaign_stats') }}))
)

select 'what_was_spent_is_a_number' as rule_name, what_was_spent_is_a_number::varchar as observed from measured where what_was_spent_is_a_number is null or what_was_spent_is_a_number > 0
