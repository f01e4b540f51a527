with

path_channels as (

    select distinct
        opportunity_id,
        outcome,
        channel
    from {{ ref('attribution_touches') }}
    where scope = {{ policy('attribution_scope') }} and is_closed_in_window

),

final as (

    select
        channel,
        count(*) as paths,
        count(*) filter (where outcome = 'won') as won_paths,
        count(*) >= {{ policy('attribution_minimum_paths') }} as has_enough_paths
    from path_channels
    group by channel

)

select * from final
