with

acquisition_periods as (

    select * from {{ ref('acquisition_periods') }}
    where is_window

),

revenue_periods as (

    select * from {{ ref('revenue_periods') }}
    where is_window

),

won_opportunities as (

    select * from {{ ref('opportunity_facts') }}
    where
        is_won
        and opportunity_type != 'renewal'
        and close_date >= {{ policy('window_start_date') }}
        and close_date < {{ policy('window_end_date') }}

),

quota_carriers as (

    select distinct quota.owner_id
    from {{ ref('quota') }} as quota
    inner join {{ ref('policy_periods') }} as quarters
        on quota.period = quarters.period
    where quarters.is_quarter and quarters.in_window and quota.amount > 0

),

won as (

    select
        {{ money_sum('amount', "opportunity_type in ('new_business', 'winback')") }} as new_revenue,
        {{ money_sum('amount', "opportunity_type = 'expansion'") }} as existing_revenue,
        {{ money_sum('amount') }} as won_revenue,
        {{ money_sum('amount', 'owner_id in (select owner_id from quota_carriers)') }}
            as won_by_carriers
    from won_opportunities

),

carriers as (

    select count(*) as quota_carriers from quota_carriers

),

final as (

    select
        acquisition_periods.period,
        won.new_revenue,
        {{ ratio('acquisition_periods.marketing_cost', 'won.new_revenue') }}
            as cost_over_new_revenue,
        {{ ratio('revenue_periods.invoiced_revenue', 'acquisition_periods.marketing_cost') }}
            as revenue_over_cost,
        {{ ratio('won.new_revenue', 'acquisition_periods.marketing_cost') }}
            as new_revenue_over_cost,
        {{ ratio('acquisition_periods.sales_and_marketing_cost', 'won.won_revenue') }}
            as gtm_cost_ratio,
        {{ ratio('won.new_revenue', 'won.won_revenue') }} as new_share,
        {{ ratio('won.existing_revenue', 'won.won_revenue') }} as existing_share,
        {{ ratio('won.won_by_carriers', 'carriers.quota_carriers') }} as won_per_carrier
    from acquisition_periods
    cross join revenue_periods
    cross join won
    cross join carriers

)

select * from final
