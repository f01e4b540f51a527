with

owner as (

    select * from {{ ref('owner') }}

),

quarters as (

    select * from {{ ref('policy_periods') }}
    where is_quarter and in_window

),

owner_quotas as (

    select * from {{ ref('owner_quotas') }}

),

promised as (

    select
        quarters.period,
        quarters.first_date,
        owner.owner_id,
        owner_quotas.quota_amount,
        coalesce(owner_quotas.won_amount, 0) as won_amount
    from quarters
    cross join owner
    left join owner_quotas
        on
            quarters.period = owner_quotas.period
            and owner.owner_id = owner_quotas.owner_id

),

final as (

    select
        period || ' ' || owner_id as owner_period,
        period,
        first_date,
        owner_id,
        quota_amount,
        cast(won_amount as {{ money_type() }}) as won_amount,
        {{ ratio('won_amount', 'quota_amount') }} as attainment
    from promised

)

select * from final
