with

credit as (

    select * from {{ ref('attribution_credit') }}
    where is_attributed

),

campaigns as (

    select * from {{ ref('campaign_costs') }}

),

touches as (

    select * from {{ ref('attribution_touches') }}
    where campaign_id is not null

),

models as (

    select * from {{ ref('policy_attribution_models') }}

),

opportunities as (

    select
        scope,
        campaign_id,
        count(*) as opportunities
    from touches
    where is_created_in_window and is_opportunity_creation
    group by scope, campaign_id

),

credited as (

    select
        model,
        scope,
        campaign_id,
        count(distinct opportunity_id) as credited_deals,
        {{ money_sum('amount') }} as credited_amount
    from credit
    where campaign_id is not null
    group by model, scope, campaign_id

),

beside_cost as (

    select
        models.model,
        models.scope,
        campaigns.campaign_id,
        campaigns.channel,
        coalesce(credited.credited_deals, 0) as credited_deals,
        cast(coalesce(credited.credited_amount, 0) as {{ money_type() }}) as credited_amount,
        campaigns.cost,
        campaigns.leads,
        campaigns.mqls,
        coalesce(opportunities.opportunities, 0) as opportunities
    from models
    cross join campaigns
    left join credited
        on
            models.model = credited.model
            and models.scope = credited.scope
            and campaigns.campaign_id = credited.campaign_id
    left join opportunities
        on
            models.scope = opportunities.scope
            and campaigns.campaign_id = opportunities.campaign_id

),

final as (

    select
        model || ':' || scope || ':' || campaign_id as model_campaign,
        {{ policy('window_period') }} as period,
        *,
        {{ returns_on_cost() }}
    from beside_cost

)

select * from final
