with

spend as (

    select * from {{ ref('spend_reported') }}
    where
        is_channel_cost
        and campaign_id is not null
        and spend_date >= {{ policy('window_start_date') }}
        and spend_date < {{ policy('window_end_date') }}

),

touches as (

    select * from {{ ref('attribution_touches') }}
    where campaign_id is not null

),

lead_campaigns as (

    select * from {{ ref('lead_campaigns') }}

),

spent as (

    select
        campaign_id,
        {{ money_sum('amount') }} as cost
    from spend
    group by campaign_id

),

led as (

    select
        campaign_id,
        count(*) filter (where milestone = 'LEAD') as leads,
        count(*) filter (where milestone = 'MQL') as mqls
    from lead_campaigns
    group by campaign_id

),

named as (

    select
        campaign_id,
        channel
    from spend

    union

    select
        campaign_id,
        channel
    from touches

    union

    select
        campaign_id,
        null as channel
    from lead_campaigns

),

campaigns as (

    select
        campaign_id,
        case
            when min(channel) = max(channel) then min(channel)
            when min(channel) is not null then '(several)'
        end as channel
    from named
    group by campaign_id

),

final as (

    select
        campaigns.campaign_id,
        campaigns.channel,
        cast(coalesce(spent.cost, 0) as {{ money_type() }}) as cost,
        coalesce(led.leads, 0) as leads,
        coalesce(led.mqls, 0) as mqls
    from campaigns
    left join spent
        on campaigns.campaign_id = spent.campaign_id
    left join led
        on campaigns.campaign_id = led.campaign_id

)

select * from final
