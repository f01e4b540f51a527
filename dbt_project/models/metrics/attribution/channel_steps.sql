with

touches as (

    select * from {{ ref('attribution_touches') }}
    where
        scope = {{ policy('attribution_scope') }}
        and is_closed_in_window

),

-- Steps from a channel to itself are none.
changes as (

    select
        *,
        lag(channel) over (partition by opportunity_id order by touch_no) as previous_channel
    from touches

),

arrivals as (

    select
        opportunity_id,
        coalesce(previous_channel, '(start)') as from_channel,
        channel as to_channel
    from changes
    where previous_channel is null or previous_channel != channel

    union all

    select
        opportunity_id,
        channel as from_channel,
        '(' || outcome || ')' as to_channel
    from changes
    where is_last_touch

),

final as (

    select
        from_channel || ' > ' || to_channel as step,
        from_channel,
        to_channel,
        count(*) as steps
    from arrivals
    group by from_channel, to_channel

)

select * from final
