-- Written from quality/rules/canonical_account.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        case when count(*) filter (where true) < 20 then 1 else count(*) filter (where true and "account_name" is not null and "account_name"::varchar <> '') / count(*) filter (where true) end as companies_have_names
    from {{ ref('account') }}
)

select 'companies_have_names' as rule_name, companies_have_names::varchar as observed from measured where companies_have_names is null or companies_have_names < 0.5
