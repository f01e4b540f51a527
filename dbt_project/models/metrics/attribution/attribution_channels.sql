with

credit as (

    select * from {{ ref('attribution_credit') }}

),

channel_costs as (

    select * from {{ ref('channel_costs') }}
    where channel != '(all)'

),

models as (

    select * from {{ ref('policy_attribution_models') }}

),

marketing_channels as (

    select item as channel from {{ ref('policy_lists') }}
    where list = 'marketing_channels'

),

-- The touch after which a deal was opened brought the opportunity.
opportunities as (

    select
        scope,
        channel,
        count(*) as opportunities
    from {{ ref('attribution_touches') }}
    where is_created_in_window and is_opportunity_creation
    group by scope, channel

),

credited as (

    select
        model,
        scope,
        channel,
        count(distinct opportunity_id) as credited_deals,
        count(amount) as credited_amounts,
        {{ money_sum('amount') }} as credited_amount
    from credit
    group by model, scope, channel

),

channels as (

    select channel from credited

    union

    select channel from channel_costs

    union

    select channel from opportunities

),

beside_cost as (

    select
        models.model,
        models.scope,
        channels.channel,
        channels.channel in (select marketing_channels.channel from marketing_channels)
            as is_marketing_channel,
        channels.channel != '(unattributed)' as is_attributed,
        coalesce(credited.credited_deals, 0) as credited_deals,
        coalesce(credited.credited_amounts, 0) as credited_amounts,
        cast(coalesce(credited.credited_amount, 0) as {{ money_type() }}) as credited_amount,
        cast(coalesce(channel_costs.channel_spend, 0) as {{ money_type() }}) as cost,
        coalesce(channel_costs.leads, 0) as leads,
        coalesce(channel_costs.mqls, 0) as mqls,
        coalesce(opportunities.opportunities, 0) as opportunities
    from models
    cross join channels
    left join credited
        on
            models.model = credited.model
            and models.scope = credited.scope
            and channels.channel = credited.channel
    left join channel_costs
        on channels.channel = channel_costs.channel
    left join opportunities
        on
            models.scope = opportunities.scope
            and channels.channel = opportunities.channel

),

final as (

    select
        model || ':' || scope || ':' || channel as model_channel,
        {{ policy('window_period') }} as period,
        *,
        {{ returns_on_cost() }}
    from beside_cost

)

select * from final
