-- Written from quality/rules/canonical_opportunity.yaml by `make schema`; edit the rules, not this.
-- noqa: disable=all
with measured as (
    select
        case when count(*) filter (where (not is_deleted)) < 20 then 1 else count(*) filter (where (not is_deleted) and "amount" is not null and "amount"::varchar <> '') / count(*) filter (where (not is_deleted)) end as deals_have_amounts
    from {{ ref('opportunity') }}
)

select 'deals_have_amounts' as rule_name, deals_have_amounts::varchar as observed from measured where deals_have_amounts is null or deals_have_amounts < 0.3
