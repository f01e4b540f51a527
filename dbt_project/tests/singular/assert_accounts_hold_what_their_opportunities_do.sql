-- What no living account owns is in the opportunities alone; all else is in both, to the cent.
with

accounts as (

    select * from {{ ref('accounts') }}

),

owned as (

    select opportunities.*
    from {{ ref('opportunities') }} as opportunities
    inner join accounts
        on opportunities.account_id = accounts.account_id

),

totals as (

    select
        (select {{ money_sum('won_revenue_amount') }} from accounts) as won_of_accounts,
        (select {{ money_sum('amount', 'is_won') }} from owned) as won_of_opportunities,
        (select {{ money_sum('open_pipeline_amount') }} from accounts) as open_of_accounts,
        (select {{ money_sum('amount', 'is_pipeline') }} from owned) as open_of_opportunities,
        (select coalesce(sum(unconverted_opportunity_count), 0) from accounts)
            as unconverted_of_accounts,
        (select count(*) filter (where is_unconverted) from owned) as unconverted_of_opportunities

)

select * from totals
where
    won_of_accounts != won_of_opportunities
    or open_of_accounts != open_of_opportunities
    or unconverted_of_accounts != unconverted_of_opportunities
