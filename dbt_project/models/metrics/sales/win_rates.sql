with

opportunity_facts as (

    select * from {{ ref('opportunity_facts') }}
    where counts_in_win_rate

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window

),

decided as (

    select
        periods.period,
        periods.is_window,
        count(*) filter (where opportunity_facts.is_won) as opps_won,
        count(*) filter (where not opportunity_facts.is_won) as opps_lost,
        count(opportunity_facts.amount) filter (where opportunity_facts.is_won)
            as opps_won_with_amount,
        {{ money_sum('opportunity_facts.amount', 'opportunity_facts.is_won') }} as won_amount,
        {{ money_sum('opportunity_facts.amount') }} as decided_amount
    from periods
    left join opportunity_facts
        on
            opportunity_facts.is_closed
            and periods.first_date <= opportunity_facts.close_date
            and periods.end_date > opportunity_facts.close_date
    group by periods.period, periods.is_window

),

created as (

    select
        periods.period,
        count(opportunity_facts.opportunity_id) as opps_created,
        count(*) filter (where opportunity_facts.is_won) as opps_created_and_won
    from periods
    left join opportunity_facts
        on
            periods.start_at <= opportunity_facts.created_at
            and periods.end_at > opportunity_facts.created_at
    group by periods.period

),

final as (

    select
        decided.period,
        decided.is_window,
        decided.opps_won,
        decided.opps_lost,
        decided.opps_won_with_amount,
        decided.won_amount,
        created.opps_created,
        {{ ratio('decided.opps_won', '(decided.opps_won + decided.opps_lost)', places=0) }}
            as win_rate_count,
        {{ ratio('decided.won_amount', 'decided.decided_amount') }} as win_rate_value,
        {{ ratio('decided.opps_won', 'decided.opps_lost', places=0) }} as win_loss_ratio,
        {{ ratio('created.opps_created_and_won', 'created.opps_created', places=0) }}
            as close_rate_created_cohort
    from decided
    inner join created
        on decided.period = created.period

)

select * from final
