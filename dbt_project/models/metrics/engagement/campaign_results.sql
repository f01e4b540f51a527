with

campaign_stat as (

    select * from {{ ref('campaign_stat') }}
    where
        stat_date >= {{ policy('window_start_date') }}
        and stat_date < {{ policy('window_end_date') }}
        and stat_date <= {{ policy('as_of_date') }}

),

-- What no day of a campaign counted stays unknown: an advertisement has no opens.
summed as (

    select
        campaign_id,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(sends) as sends,
        sum(delivered) as delivered,
        sum(unique_opens) as unique_opens,
        sum(unique_clicks) as unique_clicks,
        sum(conversions) as conversions
    from campaign_stat
    group by campaign_id

),

final as (

    select
        *,
        {{ ratio('clicks', 'impressions', places=0) }} as ctr,
        {{ ratio('unique_opens', 'delivered', places=0) }} as open_rate,
        {{ ratio('unique_clicks', 'delivered', places=0) }} as click_to_delivered_rate,
        {{ ratio('unique_clicks', 'unique_opens', places=0) }} as click_to_open_rate,
        {{ ratio('delivered', 'sends', places=0) }} as delivery_rate,
        {{ ratio('conversions', 'clicks', places=0) }} as conversion_rate_per_click
    from summed

)

select * from final
