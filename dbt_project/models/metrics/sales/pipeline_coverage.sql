with

owner as (

    select * from {{ ref('owner') }}

),

opportunity_facts as (

    select * from {{ ref('opportunity_facts') }}
    where is_pipeline

),

owner_quotas as (

    select * from {{ ref('owner_quotas') }}

),

-- The quarter that lies ahead of the instant, or that it is in.
target as (

    select * from {{ ref('policy_periods') }}
    where
        is_quarter
        and first_date <= {{ business_date(policy('as_of')) }}
        and end_date > {{ business_date(policy('as_of')) }}

),

due as (

    select
        opportunity_facts.owner_id,
        {{ money_sum('opportunity_facts.amount_at_plan') }} as pipeline_amount
    from opportunity_facts
    inner join target
        on
            opportunity_facts.close_date >= target.first_date
            and opportunity_facts.close_date < target.end_date
    group by opportunity_facts.owner_id

),

promised as (

    select owner_quotas.*
    from owner_quotas
    inner join target
        on owner_quotas.period = target.period

),

by_owner as (

    select
        owner.owner_id,
        due.pipeline_amount,
        promised.quota_amount,
        promised.won_amount
    from owner
    left join due
        on owner.owner_id = due.owner_id
    left join promised
        on owner.owner_id = promised.owner_id

),

company_due as (

    select sum(pipeline_amount) as pipeline_amount from due

),

company_promised as (

    select
        sum(quota_amount) as quota_amount,
        sum(won_amount) as won_amount
    from promised

),

everybody as (

    select * from by_owner

    union all

    select
        cast(null as varchar) as owner_id,
        company_due.pipeline_amount,
        company_promised.quota_amount,
        company_promised.won_amount
    from company_due
    cross join company_promised

),

remaining as (

    select
        target.period as target_period,
        everybody.owner_id,
        {{ policy('as_of_date') }} as as_of_date,
        cast(coalesce(everybody.pipeline_amount, 0) as {{ money_type() }}) as pipeline_amount,
        everybody.quota_amount,
        cast(coalesce(everybody.won_amount, 0) as {{ money_type() }}) as won_amount,
        everybody.quota_amount - coalesce(everybody.won_amount, 0) as remaining_quota
    from everybody
    cross join target

),

final as (

    select
        coalesce(owner_id, '(all)') as owner_or_all,
        owner_id,
        as_of_date,
        target_period,
        pipeline_amount,
        quota_amount,
        won_amount,
        remaining_quota,
        case
            when remaining_quota > 0 then {{ ratio('pipeline_amount', 'remaining_quota') }}
        end as coverage
    from remaining

)

select * from final
