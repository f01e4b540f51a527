with

channel_costs as (

    select * from {{ ref('channel_costs') }}
    where channel = '(all)'

),

opportunity as (

    select * from {{ ref('opportunity') }}
    where
        not is_deleted
        and opportunity_type not in {{ policy_list('win_rate_excluded_types') }}

),

reported_window as (

    select * from {{ ref('policy_periods') }}
    where is_window

),

counted as (

    select
        reported_window.period,
        count(opportunity.opportunity_id) filter (
            where
            opportunity.created_at >= reported_window.start_at
            and opportunity.created_at < reported_window.end_at
        ) as created,
        count(opportunity.opportunity_id) filter (
            where
            opportunity.is_won
            and opportunity.close_date >= reported_window.first_date
            and opportunity.close_date < reported_window.end_date
        ) as won
    from reported_window
    left join opportunity
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
