with

source as (

    select * from {{ latest_version(source('google_ads', 'campaign_stats')) }}

),

renamed as (

    select
        -- ids
        _key as campaign_stat_id,
        {{ json_text('payload', '$.customer.id') }} as customer_id,
        {{ json_text('payload', '$.campaign.id') }} as campaign_id,

        -- strings
        {{ json_text('payload', '$.segments.adNetworkType') }} as network,
        {{ json_text('payload', '$.customer.currencyCode') }} as currency,

        -- numbers
        cast(
            {{ as_decimal(json_text('payload', '$.metrics.costMicros'), 0) }} / 1000000
            as decimal(18, 6)
        ) as cost,
        {{ as_integer(json_text('payload', '$.metrics.impressions')) }} as impressions,
        {{ as_integer(json_text('payload', '$.metrics.clicks')) }} as clicks,
        {{ as_decimal(json_text('payload', '$.metrics.conversions'), 4) }} as conversions,
        {{ as_decimal(json_text('payload', '$.metrics.conversionsValue'), 4) }} as conversion_value,
        {{ as_decimal(json_text('payload', '$.metrics.allConversions'), 4) }} as all_conversions,
        {{
            as_integer(json_text('payload', '$.metrics.viewThroughConversions'))
        }} as view_through_conversions,
        {{ as_integer(json_text('payload', '$.metrics.videoTrueviewViews')) }} as video_views,

        -- booleans
        _deleted as is_deleted,

        -- dates
        {{ as_date(json_text('payload', '$.segments.date')) }} as stat_date,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
