-- Written from quality/rules/landed_zendesk_tickets.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        case when count(*) filter (where (not _deleted)) < 20 then 1 else count(*) filter (where (not _deleted) and (payload->>'requester_id') is not null and (payload->>'requester_id')::varchar <> '') / count(*) filter (where (not _deleted)) end as tickets_have_requesters
    from (select * from {{ source('zendesk', 'tickets') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('zendesk', 'tickets') }}))
)

select 'tickets_have_requesters' as rule_name, tickets_have_requesters::varchar as observed from measured where tickets_have_requesters is null or tickets_have_requesters < 0.5
