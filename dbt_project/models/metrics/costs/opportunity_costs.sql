with

channel_costs as (

    select * from {{ ref('channel_costs') }}
    where channel = '(all)'

),

opportunity_facts as (

    select * from {{ ref('opportunity_facts') }}
    where opportunity_type != 'renewal'

),

reported_window as (

    select * from {{ ref('policy_periods') }}
    where is_window

),

counted as (

    select
        reported_window.period,
        count(opportunity_facts.opportunity_id) filter (
            where
            opportunity_facts.created_at >= reported_window.start_at
            and opportunity_facts.created_at < reported_window.end_at
        ) as created,
        count(opportunity_facts.opportunity_id) filter (
            where
            opportunity_facts.is_won
            and opportunity_facts.close_date >= reported_window.first_date
            and opportunity_facts.close_date < reported_window.end_date
        ) as won
    from reported_window
    left join opportunity_facts
        on true
    group by reported_window.period

),

final as (

    select
        counted.period,
        {{ ratio('channel_costs.channel_spend', 'counted.created') }} as cost_per_opportunity,
        {{ ratio('channel_costs.channel_spend', 'counted.won') }} as cost_per_won_opportunity
    from counted
    cross join channel_costs

)

select * from final
