-- By every model and in every scope, channels and (unattributed) are what was won in the window.
with

won as (

    select coalesce(sum(amount), 0) as amount
    from {{ ref('opportunity_facts') }}
    where
        is_won
        and opportunity_type in {{ policy_list('attribution_types') }}
        and close_date >= {{ policy('window_start_date') }}
        and close_date < {{ policy('window_end_date') }}

),

by_model as (

    select
        models.model,
        models.scope,
        coalesce(sum(channels.credited_amount), 0) as amount
    from {{ ref('policy_attribution_models') }} as models
    left join {{ ref('marketing_returns') }} as channels
        on
            models.model = channels.model
            and models.scope = channels.scope
            and channels.campaign_id is null
    group by models.model, models.scope

)

select
    by_model.model,
    by_model.scope
from by_model
cross join won
where by_model.amount != won.amount
