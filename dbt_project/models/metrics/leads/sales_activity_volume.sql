with

activity as (

    select * from {{ ref('activity') }}

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window

),

final as (

    select
        periods.period
        || ':' || coalesce(activity.owner_id, '')
        || ':' || activity.activity_type as volume_key,
        periods.period,
        periods.is_window,
        activity.owner_id,
        activity.activity_type,
        count(*) filter (where activity.direction = 'outbound') as outbound,
        count(*) as activities
    from activity
    inner join periods
        on
            activity.occurred_at >= periods.start_at
            and activity.occurred_at < periods.end_at
    group by periods.period, periods.is_window, activity.owner_id, activity.activity_type

)

select * from final
