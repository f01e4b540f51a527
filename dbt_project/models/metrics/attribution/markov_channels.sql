with

chain as (

    select * from {{ ref('channel_chain') }}
    where channel != '(all)'

),

channel_paths as (

    select * from {{ ref('channel_paths') }}

),

won_paths as (

    select deals.amount_units
    from {{ ref('attribution_paths') }} as paths
    inner join {{ ref('attribution_deals') }} as deals
        on paths.opportunity_id = deals.opportunity_id
    where
        paths.scope = {{ policy('attribution_scope') }}
        and paths.outcome = 'won'
        and paths.is_closed_in_window

),

attributable as (

    select coalesce(sum(amount_units), 0) as amount_units from won_paths

),

removed as (

    select
        'all channels' as channel_group,
        chain.channel,
        chain.removal_effect,
        {{ whole('chain.removal_effect', 15) }} as share_parts,
        sum({{ whole('chain.removal_effect', 15) }}) over () as share_total,
        attributable.amount_units
    from chain
    cross join attributable

),

{{ given_out(
    'removed', ['channel_group'], ['channel'],
    compared=millionths('remainder_parts', 'share_total')
) }},

final as (

    select
        given_out.channel,
        channel_paths.paths,
        channel_paths.won_paths,
        channel_paths.has_enough_paths,
        given_out.removal_effect,
        {{ ten_places(rounded_quotient(
            'given_out.share_parts * 10000000000', 'given_out.share_total'
        )) }} as share,
        {{ money_of_minor_units('given_out.given_units') }} as credited_amount
    from given_out
    inner join channel_paths
        on given_out.channel = channel_paths.channel

)

select * from final
