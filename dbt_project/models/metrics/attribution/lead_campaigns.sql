with

person_milestones as (

    select * from {{ ref('person_milestones') }}

),

reported_window as (

    select * from {{ ref('policy_periods') }}
    where is_window

),

touch as (

    select * from {{ ref('touch') }}
    where
        is_marketing
        and campaign_id is not null
        and coalesce(touch_type, '') not in {{ policy_list('attribution_excluded_touch_types') }}

),

reached as (

    select
        person_id,
        'LEAD' as milestone,
        first_lead_at as reached_at
    from person_milestones

    union all

    select
        person_id,
        'MQL' as milestone,
        first_mql_at as reached_at
    from person_milestones

),

in_window as (

    select
        reached.person_id,
        reached.milestone,
        reached.reached_at,
        {{ days_before('reached.reached_at', policy('attribution_lookback_days')) }}
            as touches_from_at
    from reached
    cross join reported_window
    where
        reached.reached_at >= reported_window.start_at
        and reached.reached_at < reported_window.end_at

),

-- The campaign that was last seen before somebody became a lead, or an MQL, brought them there.
final as (

    select
        in_window.milestone || ':' || in_window.person_id as person_milestone,
        in_window.person_id,
        in_window.milestone,
        in_window.reached_at,
        {{ last_by('touch.touch_id', '(touch.occurred_at, touch.touch_id)') }} as touch_id,
        {{ last_by('touch.campaign_id', '(touch.occurred_at, touch.touch_id)') }} as campaign_id
    from in_window
    inner join touch
        on in_window.person_id = touch.person_id
    where
        touch.occurred_at <= in_window.reached_at
        and touch.occurred_at >= in_window.touches_from_at
    group by in_window.person_id, in_window.milestone, in_window.reached_at

)

select * from final
