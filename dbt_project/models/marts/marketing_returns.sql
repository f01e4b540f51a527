with

channels as (

    select * from {{ ref('attribution_channels') }}

),

campaigns as (

    select * from {{ ref('attribution_campaigns') }}

),

together as (

    select
        model,
        scope,
        period,
        channel,
        cast(null as varchar) as campaign_id,
        credited_deals,
        credited_amount,
        cost,
        leads,
        mqls,
        opportunities,
        roi,
        roas,
        cost_per_lead,
        cost_per_mql,
        cost_per_opportunity
    from channels

    union all

    select
        model,
        scope,
        period,
        channel,
        campaign_id,
        credited_deals,
        credited_amount,
        cost,
        leads,
        mqls,
        opportunities,
        roi,
        roas,
        cost_per_lead,
        cost_per_mql,
        cost_per_opportunity
    from campaigns

),

final as (

    select
        case
            when campaign_id is null then model || ':' || scope || ':channel:' || channel
            else model || ':' || scope || ':campaign:' || campaign_id
        end as return_key,
        model,
        scope,
        period,
        case when campaign_id is null then 'channel' else 'campaign' end as level,
        channel,
        campaign_id,
        cast(credited_deals as bigint) as credited_deals,
        credited_amount,
        cost,
        cast(leads as bigint) as leads,
        cast(mqls as bigint) as mqls,
        cast(opportunities as bigint) as opportunities,
        cast(roi as decimal(38, 10)) as roi,
        cast(roas as decimal(38, 10)) as roas,
        cast(cost_per_lead as decimal(38, 10)) as cost_per_lead,
        cast(cost_per_mql as decimal(38, 10)) as cost_per_mql,
        cast(cost_per_opportunity as decimal(38, 10)) as cost_per_opportunity
    from together

)

select * from final
