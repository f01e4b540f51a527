-- The chain and the game give out what the won deals with touches brought, to the cent; the chain
-- nothing where no path is won.
with

attributable as (

    select coalesce(sum(credited_amount), 0) as amount
    from {{ ref('attribution') }}
    where is_attributed and model = 'linear' and scope = {{ policy('attribution_scope') }}

),

chain as (

    select
        count(removal_effect) as effects,
        coalesce(sum(credited_amount), 0) as amount
    from {{ ref('markov_channels') }}

),

game as (

    select coalesce(sum(credited_amount), 0) as amount from {{ ref('shapley_channels') }}

)

select attributable.amount
from attributable
cross join chain
cross join game
where
    game.amount != attributable.amount
    or (chain.effects > 0 and chain.amount != attributable.amount)
