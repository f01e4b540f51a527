with

source as (

    select * from {{ latest_version(source('google_ads', 'campaigns')) }}

),

renamed as (

    select
        -- ids
        _key as campaign_key,
        {{ json_text('payload', '$.campaign.id') }} as campaign_id,
        {{ json_text('payload', '$.customer.id') }} as customer_id,

        -- strings
        {{ json_text('payload', '$.campaign.name') }} as campaign_name,
        {{ json_text('payload', '$.campaign.status') }} as status,
        {{ json_text('payload', '$.campaign.servingStatus') }} as serving_status,
        {{ json_text('payload', '$.campaign.advertisingChannelType') }} as channel_type,
        {{ json_text('payload', '$.campaign.advertisingChannelSubType') }} as channel_sub_type,
        {{ json_text('payload', '$.campaign.biddingStrategyType') }} as bidding_strategy,

        -- booleans
        _deleted as is_deleted,

        -- dates
        {{
            as_date("left(" ~ json_text('payload', '$.campaign.startDateTime') ~ ", 10)")
        }} as start_date,
        {{
            as_date("left(" ~ json_text('payload', '$.campaign.endDateTime') ~ ", 10)")
        }} as end_date,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
