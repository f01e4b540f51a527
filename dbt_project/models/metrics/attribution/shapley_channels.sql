with

game as (

    select * from {{ ref('channel_game') }}

),

channel_paths as (

    select * from {{ ref('channel_paths') }}

),

won_path_channels as (

    select distinct
        touches.opportunity_id,
        touches.channel,
        deals.amount_units
    from {{ ref('attribution_touches') }} as touches
    inner join {{ ref('attribution_deals') }} as deals
        on touches.opportunity_id = deals.opportunity_id
    where
        touches.scope = {{ policy('attribution_scope') }}
        and touches.outcome = 'won'
        and touches.is_closed_in_window
        and deals.amount_units is not null

),

even_shares as (

    select
        *,
        1 as share_parts,
        count(*) over (partition by opportunity_id) as share_total
    from won_path_channels

),

-- Where channels reach together what the paths through no others brought, all channels of a path
-- get the same of it, over all orders of joining: tests/estimators/test_shapley.py looks at each.
{{ given_out('even_shares', ['opportunity_id'], ['channel']) }},

credited as (

    select
        channel,
        sum(given_units) as given_units
    from given_out
    group by channel

),

final as (

    select
        game.channel,
        channel_paths.paths,
        channel_paths.won_paths,
        channel_paths.has_enough_paths,
        game.shapley_value,
        game.standard_error,
        game.is_exact,
        {{ money_of_minor_units('coalesce(credited.given_units, 0)') }} as credited_amount
    from game
    inner join channel_paths
        on game.channel = channel_paths.channel
    left join credited
        on game.channel = credited.channel

)

select * from final
