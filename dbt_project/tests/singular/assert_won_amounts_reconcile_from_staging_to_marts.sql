-- Revenue in the mart must be what the tools hold: nothing lost in a join, nothing counted twice
-- because two tools hold the same deal. What no living account owns is counted beside the mart.
with

staged as (

    select amount
    from {{ ref('stg_salesforce__opportunities') }}
    where is_won and not is_deleted

    union all

    select amount
    from {{ ref('stg_hubspot__deals') }} as deals
    where
        deals.is_closed_won
        and not deals.is_deleted
        and coalesce(deals.deal_currency_code, {{ policy('reporting_currency') }})
        = {{ policy('reporting_currency') }}
        and not exists (
            select 1
            from {{ ref('stg_salesforce__opportunities') }} as opportunities
            where
                opportunities.opportunity_id = deals.salesforce_opportunity_id
                or left(opportunities.opportunity_id, 15) = deals.salesforce_opportunity_id
        )

),

outside_accounts as (

    select opportunity.amount
    from {{ ref('opportunity') }} as opportunity
    left join {{ ref('accounts') }} as accounts
        on opportunity.account_id = accounts.account_id
    where
        accounts.account_id is null
        and opportunity.is_won
        and not opportunity.is_deleted
        and {{ in_reporting_currency() }}

),

totals as (

    select
        (select coalesce(sum(amount), 0) from staged) as staged_amount,
        (select coalesce(sum(won_revenue_amount), 0) from {{ ref('accounts') }}) as mart_amount,
        (select coalesce(sum(amount), 0) from outside_accounts) as outside_amount

)

select * from totals
where staged_amount != mart_amount + outside_amount
