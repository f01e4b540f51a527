with

quota as (

    select * from {{ ref('quota') }}

),

opportunity_facts as (

    select * from {{ ref('opportunity_facts') }}
    where is_won and counts_toward_quota

),

periods as (

    select * from {{ ref('policy_periods') }}

),

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

promised as (

    select
        quota.period,
        quota.owner_id,
        {{ converted('quota.amount', 'rates.rate') }} as amount
    from quota
    left join rates
        on {{ rate_on('rates', "'plan'", 'quota.currency', policy('as_of_date')) }}

),

quotas as (

    select
        period,
        owner_id,
        {{ money_sum('amount') }} as quota_amount
    from promised
    group by period, owner_id

),

credits as (

    select
        periods.period,
        opportunity_facts.owner_id,
        {{ money_sum('opportunity_facts.amount_at_plan') }} as won_amount
    from periods
    inner join opportunity_facts
        on
            periods.first_date <= opportunity_facts.close_date
            and periods.end_date > opportunity_facts.close_date
    group by periods.period, opportunity_facts.owner_id

),

joined as (

    select
        coalesce(quotas.period, credits.period) as period,
        coalesce(quotas.owner_id, credits.owner_id) as owner_id,
        quotas.quota_amount,
        coalesce(credits.won_amount, 0) as won_amount
    from quotas
    full join credits
        on
            quotas.period = credits.period
            and quotas.owner_id = credits.owner_id

),

final as (

    select
        period || ' ' || coalesce(owner_id, '') as owner_period,
        period,
        owner_id,
        quota_amount,
        cast(won_amount as {{ money_type() }}) as won_amount
    from joined

)

select * from final
