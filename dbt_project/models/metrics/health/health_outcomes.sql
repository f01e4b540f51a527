with

health_history as (

    select * from {{ ref('health_history') }}
    where is_evaluated

),

losses as (

    select * from {{ ref('account_mrr_changes') }}
    where movement in ('churn', 'contraction')

),

-- What changes at the instant itself is not in what was paid just before it.
happened as (

    select
        health_history.account_month,
        bool_or(losses.movement = 'churn') as has_churned,
        min(losses.changed_at) as first_lost_at
    from health_history
    inner join losses
        on
            health_history.account_id = losses.account_id
            and health_history.seen_at <= losses.changed_at
            and health_history.seen_at > {{ days_before('losses.changed_at', 90) }}
    group by health_history.account_month

),

final as (

    select
        health_history.account_month,
        health_history.account_id,
        health_history.month,
        health_history.seen_at,
        health_history.health_score,
        health_history.health_band,
        coalesce(happened.has_churned, false) as has_churned,
        coalesce(not happened.has_churned, false) as has_contracted,
        happened.first_lost_at
    from health_history
    left join happened
        on health_history.account_month = happened.account_month

)

select * from final
