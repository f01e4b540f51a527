with

touches as (

    select * from {{ ref('attribution_touches') }}

),

followed as (

    select
        *,
        lag(channel) over (partition by scope, opportunity_id order by touch_no)
            as previous_channel
    from touches

),

final as (

    select
        scope || ':' || opportunity_id as deal_path,
        scope,
        opportunity_id,
        outcome,
        is_closed_in_window,
        max(touch_count) as touch_count,
        min(occurred_at) as first_touched_at,
        max(occurred_at) as last_touched_at,
        {{ joined_names(
            'channel', ' > ', 'touch_no', 'previous_channel is null or previous_channel != channel'
        ) }} as channel_path,
        {{ distinct_list('channel') }} as channels
    from followed
    group by scope, opportunity_id, outcome, is_closed_in_window

)

select * from final
