with

channel_months as (

    select * from {{ ref('plan_channel_months') }}

),

plan_months as (

    select * from {{ ref('plan_months') }}

),

-- The months in which MQLs are due, and those in which their revenue is.
planned_months as (

    select mql_month as month
    from plan_months

    union

    select revenue_month as month
    from plan_months

),

-- What happened is looked for in these months only.
months as (

    select periods.*
    from {{ ref('policy_periods') }} as periods
    inner join planned_months
        on periods.period = planned_months.month
    where periods.is_month

),

planned as (

    select
        mql_month as month,
        channel,
        sum(planned_mqls) as planned_mqls,
        sum(planned_cost) as planned_cost,
        cast(null as {{ money_type() }}) as planned_revenue
    from channel_months
    group by mql_month, channel

    union all

    select
        revenue_month as month,
        channel,
        cast(null as hugeint) as planned_mqls,
        cast(null as {{ money_type() }}) as planned_cost,
        planned_revenue
    from channel_months

),

mqls as (

    select
        months.period as month,
        coalesce(person_milestones.lead_channel, '(unknown)') as channel,
        count(*) as mqls
    from {{ ref('person_milestones') }} as person_milestones
    inner join months
        on
            person_milestones.first_mql_at >= months.start_at
            and person_milestones.first_mql_at < months.end_at
    group by months.period, person_milestones.lead_channel

),

costs as (

    select
        months.period as month,
        spend_reported.channel,
        {{ money_sum('spend_reported.amount') }} as cost
    from {{ ref('spend_reported') }} as spend_reported
    inner join months
        on
            spend_reported.spend_date >= months.first_date
            and spend_reported.spend_date < months.end_date
    where spend_reported.is_channel_cost and spend_reported.spend_date <= {{ policy('as_of_date') }}
    group by months.period, spend_reported.channel

),

-- A deal came by the way by which its primary contact came, or whom we knew first.
deal_channels as (

    select
        contact_roles.opportunity_id,
        {{ first_by(
            'person.lead_channel', '(not contact_roles.is_primary, person.created_at, person.person_id)'
        ) }} as channel
    from {{ ref('opportunity_contact_role') }} as contact_roles
    inner join {{ ref('person') }} as person
        on contact_roles.person_id = person.person_id
    where
        not person.is_deleted
        and (person.created_at is null or person.created_at < {{ policy('as_of') }})
    group by contact_roles.opportunity_id

),

wins as (

    select
        months.period as month,
        coalesce(deal_channels.channel, '(unknown)') as channel,
        {{ money_sum('opportunity_facts.amount') }} as revenue
    from {{ ref('opportunity_facts') }} as opportunity_facts
    inner join months
        on
            opportunity_facts.close_date >= months.first_date
            and opportunity_facts.close_date < months.end_date
    left join deal_channels
        on opportunity_facts.opportunity_id = deal_channels.opportunity_id
    where opportunity_facts.is_won and opportunity_facts.counts_in_win_rate
    group by months.period, deal_channels.channel

),

happened as (

    select
        month,
        channel,
        mqls,
        cast(0 as {{ money_type() }}) as cost,
        cast(0 as {{ money_type() }}) as revenue
    from mqls

    union all

    select
        month,
        channel,
        0 as mqls,
        cost,
        cast(0 as {{ money_type() }}) as revenue
    from costs

    union all

    select
        month,
        channel,
        0 as mqls,
        cast(0 as {{ money_type() }}) as cost,
        revenue
    from wins

),

-- Channels that the plan does not name are told too, in its months.
side_by_side as (

    select
        month,
        channel,
        planned_mqls,
        planned_cost,
        planned_revenue,
        0 as mqls,
        cast(0 as {{ money_type() }}) as cost,
        cast(0 as {{ money_type() }}) as revenue,
        true as is_planned
    from planned

    union all

    select
        month,
        channel,
        cast(null as hugeint) as planned_mqls,
        cast(null as {{ money_type() }}) as planned_cost,
        cast(null as {{ money_type() }}) as planned_revenue,
        mqls,
        cost,
        revenue,
        false as is_planned
    from happened

),

summed as (

    select
        month,
        channel,
        bool_or(is_planned) as is_planned,
        sum(planned_mqls) as planned_mqls,
        sum(planned_cost) as planned_cost,
        sum(planned_revenue) as planned_revenue,
        sum(mqls) as mqls,
        sum(cost) as cost,
        sum(revenue) as revenue
    from side_by_side
    group by month, channel

),

-- What has not begun has no actual, and what has not ended is neither over nor under.
seen as (

    select
        summed.month,
        summed.channel,
        summed.is_planned,
        summed.planned_mqls,
        summed.planned_cost,
        summed.planned_revenue,
        months.first_date is not null and months.first_date <= {{ policy('as_of_date') }}
            as has_begun,
        coalesce(months.end_date <= {{ policy('as_of_date') }} + 1, false) as has_ended,
        summed.mqls,
        summed.cost,
        summed.revenue
    from summed
    left join months
        on summed.month = months.period

),

compared as (

    select
        *,
        case when has_begun then mqls end as actual_mqls,
        case when has_begun then cost end as actual_cost,
        case when has_begun then revenue end as won_revenue
    from seen

),

final as (

    select
        month || ' ' || channel as channel_month,
        month,
        channel,
        is_planned,
        case
            when has_ended then 'ended'
            when has_begun then 'running'
            else 'to come'
        end as state,
        cast(planned_mqls as bigint) as planned_mqls,
        cast(actual_mqls as bigint) as actual_mqls,
        cast(actual_mqls - planned_mqls as bigint) as mql_variance,
        cast(planned_cost as {{ money_type() }}) as planned_cost,
        cast(actual_cost as {{ money_type() }}) as actual_cost,
        cast(actual_cost - planned_cost as {{ money_type() }}) as cost_variance,
        cast(planned_revenue as {{ money_type() }}) as planned_revenue,
        cast(won_revenue as {{ money_type() }}) as won_revenue,
        cast(won_revenue - planned_revenue as {{ money_type() }}) as revenue_variance,
        {{ ratio('planned_cost', 'planned_mqls') }} as planned_cpmql,
        {{ ratio('actual_cost', 'actual_mqls') }} as actual_cpmql,
        {{ over_or_under('actual_mqls', 'planned_mqls', 'has_ended') }} as mql_verdict,
        {{ over_or_under('actual_cost', 'planned_cost', 'has_ended') }} as cost_verdict,
        {{ over_or_under('won_revenue', 'planned_revenue', 'has_ended') }} as revenue_verdict
    from compared

)

select * from final
