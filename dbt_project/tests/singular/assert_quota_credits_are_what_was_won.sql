-- What owners are credited with in the quarters of the window is all that was won in them.
with

credited as (

    select
        owner_quotas.period,
        sum(owner_quotas.won_amount) as amount
    from {{ ref('owner_quotas') }} as owner_quotas
    group by owner_quotas.period

),

won as (

    select
        quarters.period,
        {{ money_sum('facts.amount_at_plan') }} as amount
    from {{ ref('policy_periods') }} as quarters
    left join {{ ref('opportunity_facts') }} as facts
        on
            facts.is_won
            and facts.counts_toward_quota
            and quarters.first_date <= facts.close_date
            and quarters.end_date > facts.close_date
    where quarters.is_quarter and quarters.in_window
    group by quarters.period

)

select
    won.period,
    won.amount,
    credited.amount as credited_amount
from won
left join credited
    on won.period = credited.period
where won.amount != coalesce(credited.amount, 0)
