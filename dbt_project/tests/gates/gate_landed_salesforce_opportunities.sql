-- Written from quality/rules/landed_salesforce_opportunities.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        case when count(*) filter (where (not _deleted)) < 20 then 1 else count(*) filter (where (not _deleted) and (payload->>'StageName') is not null and (payload->>'StageName')::varchar <> '') / count(*) filter (where (not _deleted)) end as opportunities_have_stages,
        case when count(*) filter (where (not _deleted)) < 100 then 1 else count(*) filter (where (not _deleted) and (payload->>'Amount') is not null and (payload->>'Amount')::varchar <> '') / count(*) filter (where (not _deleted)) end as opportunities_have_amounts
    from (select * from {{ source('salesforce', 'opportunities') }} where _run_id = (select max_by(_run_id, _extracted_at) from {{ source('salesforce', 'opportunities') }}))
)

select 'opportunities_have_stages' as rule_name, opportunities_have_stages::varchar as observed from measured where opportunities_have_stages is null or opportunities_have_stages < 0.9
union all
select 'opportunities_have_amounts' as rule_name, opportunities_have_amounts::varchar as observed from measured where opportunities_have_amounts is null or opportunities_have_amounts < 0.2
