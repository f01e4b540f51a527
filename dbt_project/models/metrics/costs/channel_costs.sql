with

spend_reported as (

    select * from {{ ref('spend_reported') }}
    where
        is_channel_cost
        and spend_date >= {{ policy('window_start_date') }}
        and spend_date < {{ policy('window_end_date') }}

),

person_milestones as (

    select * from {{ ref('person_milestones') }}

),

reported_window as (

    select * from {{ ref('policy_periods') }}
    where is_window

),

entered as (

    select
        person_milestones.lead_channel as channel,
        person_milestones.first_lead_at >= reported_window.start_at
        and person_milestones.first_lead_at < reported_window.end_at as is_lead,
        person_milestones.first_mql_at >= reported_window.start_at
        and person_milestones.first_mql_at < reported_window.end_at as is_mql
    from person_milestones
    cross join reported_window

),

facts as (

    select
        channel,
        amount,
        0 as leads,
        0 as mqls
    from spend_reported

    union all

    select
        channel,
        0 as amount,
        case when is_lead then 1 else 0 end as leads,
        case when is_mql then 1 else 0 end as mqls
    from entered
    where is_lead or is_mql

    union all

    select
        item as channel,
        0 as amount,
        0 as leads,
        0 as mqls
    from {{ ref('policy_lists') }}
    where list = 'marketing_channels'

),

by_channel as (

    select
        channel,
        {{ money_sum('amount') }} as channel_spend,
        sum(leads) as leads,
        sum(mqls) as mqls
    from facts
    where channel is not null
    group by channel

),

-- People of no known channel are among all people.
together as (

    select
        '(all)' as channel,
        {{ money_sum('amount') }} as channel_spend,
        coalesce(sum(leads), 0) as leads,
        coalesce(sum(mqls), 0) as mqls
    from facts

),

every_channel as (

    select * from by_channel

    union all

    select * from together

),

final as (

    select
        channel,
        {{ policy('window_period') }} as period,
        channel_spend,
        leads,
        mqls,
        {{ ratio('channel_spend', 'leads') }} as cpl,
        {{ ratio('channel_spend', 'mqls') }} as cpmql
    from every_channel

)

select * from final
