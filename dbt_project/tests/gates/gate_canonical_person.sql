-- Written from quality/rules/canonical_person.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        case when count(*) filter (where true) < 20 then 1 else count(*) filter (where true and "email" is not null and "email"::varchar <> '') / count(*) filter (where true) end as people_have_addresses
    from {{ ref('person') }}
)

select 'people_have_addresses' as rule_name, people_have_addresses::varchar as observed from measured where people_have_addresses is null or people_have_addresses < 0.3
