with

health_outcomes as (

    select * from {{ ref('health_outcomes') }}
    where health_score is not null

),

health_evaluation as (

    select * from {{ ref('health_evaluation') }}

),

settings as (

    select * from {{ ref('health_settings') }}

),

by_score as (

    select
        health_score,
        count(*) filter (where has_churned) as churned,
        count(*) filter (where not has_churned) as stayed
    from health_outcomes
    group by health_score

),

-- How many who stayed scored higher, for everybody who left.
ranked as (

    select
        *,
        coalesce(
            sum(stayed) over (
                order by health_score desc
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as stayed_higher
    from by_score

),

-- A pair with the same score is half right.
paired as (

    select
        coalesce(sum(churned), 0) as churned,
        coalesce(sum(stayed), 0) as stayed,
        sum(cast(churned as hugeint) * (2 * stayed_higher + stayed)) as half_pairs_in_order,
        sum(cast(churned as hugeint)) * sum(stayed) * 2 as half_pairs
    from ranked

),

ordered as (

    select bool_and(is_ordered) as is_ordered
    from health_evaluation

),

spans as (

    select
        min(month) as first_month,
        max(month) as last_month,
        count(distinct month) as months
    from health_outcomes

),

final as (

    select
        settings.setting,
        spans.first_month,
        spans.last_month,
        spans.months,
        paired.churned + paired.stayed as account_months,
        paired.churned,
        {{ ratio('paired.half_pairs_in_order', 'paired.half_pairs', places=0) }} as churn_auc,
        ordered.is_ordered
    from settings
    cross join paired
    cross join ordered
    cross join spans

)

select * from final
