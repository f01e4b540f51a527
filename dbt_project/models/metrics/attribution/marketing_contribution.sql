with

reported_window as (

    select * from {{ ref('policy_periods') }}
    where is_window

),

won as (

    select * from {{ ref('marketing_influence') }}
    where outcome = 'won' and is_closed_in_window

),

summed as (

    select
        reported_window.period,
        count(won.opportunity_id) as won_deals,
        count(won.opportunity_id) filter (where won.touch_count > 0) as touched_deals,
        coalesce(sum(won.touch_count), 0) as touches,
        count(won.opportunity_id) filter (where won.is_sourced) as sourced_deals,
        count(won.opportunity_id) filter (where won.is_influenced) as influenced_deals,
        count(won.opportunity_id) filter (where won.is_lead_of_marketing) as lead_source_deals,
        {{ money_sum('won.amount') }} as won_amount,
        {{ money_sum('won.sourced_amount') }} as sourced_amount,
        {{ money_sum('won.influenced_amount') }} as influenced_amount
    from reported_window
    left join won
        on reported_window.period = won.period
    group by reported_window.period

),

final as (

    select
        period,
        won_deals,
        touched_deals,
        touches,
        sourced_deals,
        influenced_deals,
        won_amount,
        sourced_amount,
        influenced_amount,
        {{ ratio('touches', 'touched_deals', places=0) }} as touches_per_deal,
        {{ ratio('sourced_deals', 'won_deals', places=0) }} as sourced_share_count,
        {{ ratio('influenced_deals', 'won_deals', places=0) }} as influenced_share_count,
        {{ ratio('sourced_amount', 'won_amount') }} as sourced_share_value,
        {{ ratio('influenced_amount', 'won_amount') }} as influenced_share_value,
        {{ ratio('lead_source_deals', 'won_deals', places=0) }} as lead_source_share_count
    from summed

)

select * from final
