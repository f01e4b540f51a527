with

health_history as (

    select * from {{ ref('health_history') }}

),

health_components as (

    select * from {{ ref('health_components') }}

),

-- What weighs most on the score comes first, and what is unknown last.
explained as (

    select
        account_id,
        {{ ordered_list(
            'reason', '(points is null, -weight * (100 - coalesce(points, 0)), position)'
        ) }} as reasons
    from health_components
    group by account_id

),

trends as (

    select
        *,
        lag(health_score) over (partition by account_id order by seen_at) as score_before,
        lag(seen_at) over (partition by account_id order by seen_at) as seen_before_at
    from health_history

),

final as (

    select
        trends.account_id,
        trends.seen_at,
        trends.health_score,
        trends.health_band,
        trends.weight_present,
        {%- for component in health_components_in_order() %}
            trends.{{ component }}_points,
        {%- endfor %}
        trends.score_before,
        trends.seen_before_at,
        trends.health_score - trends.score_before as score_change,
        explained.reasons
    from trends
    inner join explained
        on trends.account_id = explained.account_id
    where trends.is_reported

)

select * from final
