-- Written from quality/rules/landed_stripe_invoices.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        count(*) filter (where not coalesce((_deleted or (payload->>'amount_due') is not null), false)) as invoices_say_what_is_due,
        count(*) filter (where (not _deleted) and ((payload->>'status') not in ('draft', 'open', 'paid', 'uncollectible', 'void'))) as every_status_is_known
    from (select * from {{ source('stripe', 'invoices') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('stripe', 'invoices') }}))
)

select 'invoices_say_what_is_due' as rule_name, invoices_say_what_is_due::varchar as observed from measured where invoices_say_what_is_due is null or invoices_say_what_is_due > 0
union all
select 'every_status_is_known' as rule_name, every_status_is_known::varchar as observed from measured where every_status_is_known is null or every_status_is_known > 0
