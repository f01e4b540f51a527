-- Every won deal is given out to the cent, by every model and in every scope in which one is shown.
with

won as (

    select
        deals.opportunity_id,
        deals.amount,
        models.model,
        models.scope
    from {{ ref('attribution_deals') }} as deals
    cross join {{ ref('policy_attribution_models') }} as models
    where deals.outcome = 'won' and deals.is_closed_in_window

),

credited as (

    select
        opportunity_id,
        model,
        scope,
        sum(credited_amount) as amount,
        count(credited_amount) as known_amounts,
        count(*) as credits
    from {{ ref('attribution') }}
    group by opportunity_id, model, scope

)

select
    won.opportunity_id,
    won.model,
    won.scope
from won
left join credited
    on
        won.opportunity_id = credited.opportunity_id
        and won.model = credited.model
        and won.scope = credited.scope
where
    coalesce(credited.credits, 0) = 0
    or won.amount is distinct from credited.amount
    or credited.known_amounts not in (0, credited.credits)
