with

health_outcomes as (

    select * from {{ ref('health_outcomes') }}

),

declared_bands as (

    select
        band,
        min(position) as position
    from {{ ref('health_bands') }}
    group by band

    union all

    select
        'insufficient' as band,
        null as position
    from {{ ref('health_settings') }}

),

counted as (

    select
        declared_bands.band,
        declared_bands.position,
        count(health_outcomes.account_month) as account_months,
        count(distinct health_outcomes.account_id) as accounts,
        count(*) filter (where health_outcomes.has_churned) as churned,
        count(*) filter (where health_outcomes.has_contracted) as contracted
    from declared_bands
    left join health_outcomes
        on declared_bands.band = health_outcomes.health_band
    group by declared_bands.band, declared_bands.position

),

rated as (

    select
        *,
        churned + contracted as lost,
        {{ ratio('churned', 'account_months', places=0) }} as churn_rate,
        {{ ratio('contracted', 'account_months', places=0) }} as contraction_rate,
        {{ ratio('(churned + contracted)', 'account_months', places=0) }} as loss_rate
    from counted

),

-- The best of the better bands must have lost no more; what nobody was in says nothing.
final as (

    select
        *,
        case
            when position is null or loss_rate is null then null
            else
                loss_rate >= max(loss_rate) over (
                    order by position nulls last
                    rows between unbounded preceding and 1 preceding
                )
        end as is_ordered
    from rated

)

select * from final
