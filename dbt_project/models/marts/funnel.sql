with

person_milestones as (

    select
        *,
        coalesce(lead_channel, '(unknown)') as channel
    from {{ ref('person_milestones') }}

),

opportunities as (

    select
        *,
        coalesce(lead_channel, '(unknown)') as channel
    from {{ ref('opportunities') }}
    where counts_in_win_rate

),

months as (

    select * from {{ ref('policy_periods') }}
    where is_month

),

-- Whoever took a step in a month, and how far those same people came, whenever that was.
leads as (

    {{ by_month_of('person_milestones', 'first_lead_at', {
        'leads': 'count(*)',
        'leads_to_mql': 'count(person_milestones.first_mql_at)',
        'leads_to_customer': 'count(*) filter (where person_milestones.is_buyer)',
    }) }}

),

mqls as (

    {{ by_month_of('person_milestones', 'first_mql_at', {
        'mqls': 'count(*)',
        'mqls_to_sal': 'count(person_milestones.accepted_at)',
        'mqls_to_sql': 'count(person_milestones.qualified_at)',
    }) }}

),

sals as (

    {{ by_month_of('person_milestones', 'accepted_at', {'sals': 'count(*)'}) }}

),

sqls as (

    {{ by_month_of('person_milestones', 'qualified_at', {'sqls': 'count(*)'}) }}

),

created as (

    {{ by_month_of('opportunities', 'created_at', {
        'opportunities_created': 'count(*)',
        'opportunities_created_and_won': 'count(*) filter (where opportunities.is_won)',
        'created_amount': money_sum('opportunities.amount'),
    }) }}

),

decided as (

    select
        months.period as month,
        opportunities.channel,
        count(*) filter (where opportunities.is_won) as opportunities_won,
        count(*) filter (where not opportunities.is_won) as opportunities_lost,
        {{ money_sum('opportunities.amount', 'opportunities.is_won') }} as won_amount,
        {{ money_sum('opportunities.amount', 'not opportunities.is_won') }} as lost_amount
    from opportunities
    inner join months
        on
            opportunities.close_date >= months.first_date
            and opportunities.close_date < months.end_date
    where opportunities.is_closed
    group by months.period, opportunities.channel

),

steps as (

    select
        month,
        channel
    from leads

    union

    select
        month,
        channel
    from mqls

    union

    select
        month,
        channel
    from sals

    union

    select
        month,
        channel
    from sqls

    union

    select
        month,
        channel
    from created

    union

    select
        month,
        channel
    from decided

),

final as (

    select
        steps.month || ' ' || steps.channel as month_channel,
        steps.month,
        months.first_date as month_date,
        months.in_window,
        steps.channel,
        coalesce(leads.leads, 0) as leads,
        coalesce(leads.leads_to_mql, 0) as leads_to_mql,
        coalesce(leads.leads_to_customer, 0) as leads_to_customer,
        coalesce(mqls.mqls, 0) as mqls,
        coalesce(mqls.mqls_to_sal, 0) as mqls_to_sal,
        coalesce(mqls.mqls_to_sql, 0) as mqls_to_sql,
        coalesce(sals.sals, 0) as sals,
        coalesce(sqls.sqls, 0) as sqls,
        coalesce(created.opportunities_created, 0) as opportunities_created,
        coalesce(created.opportunities_created_and_won, 0) as opportunities_created_and_won,
        coalesce(created.created_amount, 0) as created_amount,
        coalesce(decided.opportunities_won, 0) as opportunities_won,
        coalesce(decided.opportunities_lost, 0) as opportunities_lost,
        coalesce(decided.won_amount, 0) as won_amount,
        coalesce(decided.lost_amount, 0) as lost_amount
    from steps
    inner join months
        on steps.month = months.period
    left join leads
        on
            steps.month = leads.month
            and steps.channel = leads.channel
    left join mqls
        on
            steps.month = mqls.month
            and steps.channel = mqls.channel
    left join sals
        on
            steps.month = sals.month
            and steps.channel = sals.channel
    left join sqls
        on
            steps.month = sqls.month
            and steps.channel = sqls.channel
    left join created
        on
            steps.month = created.month
            and steps.channel = created.channel
    left join decided
        on
            steps.month = decided.month
            and steps.channel = decided.channel

)

select * from final
