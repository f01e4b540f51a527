with

quarters as (

    select * from {{ ref('policy_periods') }}
    where is_quarter and in_window

),

owner_quotas as (

    select * from {{ ref('owner_quotas') }}

),

quota_attainment as (

    select * from {{ ref('quota_attainment') }}

),

-- What owners without a quota won is the team's too.
team as (

    select
        quarters.period,
        {{ money_sum('owner_quotas.quota_amount') }} as quota_amount,
        {{ money_sum('owner_quotas.won_amount') }} as won_amount
    from quarters
    left join owner_quotas
        on quarters.period = owner_quotas.period
    group by quarters.period

),

owners as (

    select
        period,
        count(attainment) as measured,
        count(*) filter (where quota_amount > 0 and won_amount >= quota_amount) as reached
    from quota_attainment
    group by period

),

counted as (

    select
        team.*,
        coalesce(owners.measured, 0) as measured_owners,
        coalesce(owners.reached, 0) as owners_at_quota
    from team
    left join owners
        on team.period = owners.period

),

final as (

    select
        period,
        quota_amount,
        won_amount,
        measured_owners,
        owners_at_quota,
        {{ ratio('won_amount', 'quota_amount') }} as attainment,
        {{ ratio('owners_at_quota', 'measured_owners', places=0) }} as share_at_quota
    from counted

)

select * from final
