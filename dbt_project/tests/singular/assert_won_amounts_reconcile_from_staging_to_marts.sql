-- What was won must be what the tools hold: nothing lost in a join, nothing counted twice because
-- two tools hold the same deal. A sum over currencies is no money, but it can be compared.
with

staged as (

    select
        amount,
        created_at
    from {{ ref('stg_salesforce__opportunities') }}
    where is_won and not is_deleted

    union all

    select
        deals.amount,
        deals.created_at
    from {{ ref('stg_hubspot__deals') }} as deals
    where
        deals.is_closed_won
        and not deals.is_deleted
        and not exists (
            select 1
            from {{ ref('stg_salesforce__opportunities') }} as opportunities
            where
                opportunities.opportunity_id = deals.salesforce_opportunity_id
                or left(opportunities.opportunity_id, 15) = deals.salesforce_opportunity_id
        )

),

totals as (

    select
        (
            select coalesce(sum(amount), 0) from staged
            where created_at < {{ policy('as_of') }}
        ) as staged_amount,
        (
            select coalesce(sum(local_amount), 0) from {{ ref('opportunities') }}
            where is_won
        ) as mart_amount

)

select * from totals
where staged_amount != mart_amount
