with

paths as (

    select * from {{ ref('attribution_paths') }}
    where scope = {{ policy('attribution_scope') }} and is_closed_in_window

),

-- The deals whose touches came through the same channels, in whatever order.
final as (

    select
        cast(channels as varchar) as channel_set,
        channels,
        count(*) as paths,
        count(*) filter (where outcome = 'won') as won_paths
    from paths
    group by channels

)

select * from final
