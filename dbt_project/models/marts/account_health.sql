with

accounts as (

    select * from {{ ref('accounts') }}

),

health_scores as (

    select * from {{ ref('health_scores') }}

),

final as (

    select
        accounts.account_id,
        accounts.account_name,
        accounts.owner_id,
        health_scores.seen_at,
        health_scores.health_score,
        health_scores.health_band,
        health_scores.score_before,
        health_scores.score_change,
        health_scores.weight_present,
        health_scores.usage_points,
        health_scores.support_points,
        health_scores.sentiment_points,
        health_scores.financial_points,
        health_scores.engagement_points,
        accounts.mrr,
        accounts.renewal_due_date,
        health_scores.reasons
    from accounts
    inner join health_scores
        on accounts.account_id = health_scores.account_id

)

select * from final
