with

campaign as (

    select * from {{ ref('campaign') }}

),

advertising_days as (

    select * from {{ ref('stg_google_ads__campaign_stats') }}
    where not is_deleted and cost != 0

),

program_costs as (

    select * from {{ ref('stg_marketo__program_costs') }}
    where not is_deleted

),

hubspot_campaigns as (

    select * from {{ ref('stg_hubspot__campaigns') }}
    where not is_deleted

),

salesforce_campaigns as (

    select * from {{ ref('stg_salesforce__campaigns') }}
    where not is_deleted

),

corporate as (

    select min(currency) as corporate_currency
    from {{ ref('stg_salesforce__currencies') }}
    where is_corporate and not is_deleted

),

file_costs as (

    select * from {{ ref('stg_files__spend') }}
    where not is_deleted

),

lead_channels as (

    select * from {{ ref('lead_channel_map') }}

),

-- What the tools know belongs to their own campaigns.
tool_costs as (

    select
        'google_ads' as source,
        'campaign_stats' as source_object,
        campaign_stat_id as source_record_id,
        campaign_id as source_campaign_id,
        stat_date as spend_date,
        currency,
        cost as amount,
        _extracted_at
    from advertising_days

    union all

    select
        'marketo' as source,
        'program_costs' as source_object,
        program_cost_id as source_record_id,
        program_id as source_campaign_id,
        period_start as spend_date,
        {{ tool_currency('marketo') }} as currency,
        cost as amount,
        _extracted_at
    from program_costs

    union all

    -- HubSpot and Salesforce tell one sum per campaign: it counts on the day it began.
    select
        'hubspot' as source,
        'campaigns' as source_object,
        campaign_id as source_record_id,
        campaign_id as source_campaign_id,
        coalesce(start_date, {{ business_date('created_at') }}) as spend_date,
        coalesce(currency, {{ tool_currency('hubspot') }}) as currency,
        spend_amount as amount,
        _extracted_at
    from hubspot_campaigns

    union all

    select
        'salesforce' as source,
        'campaigns' as source_object,
        salesforce_campaigns.campaign_id as source_record_id,
        salesforce_campaigns.campaign_id as source_campaign_id,
        coalesce(
            salesforce_campaigns.start_date,
            {{ business_date('salesforce_campaigns.created_at') }}
        ) as spend_date,
        coalesce(
            salesforce_campaigns.currency,
            corporate.corporate_currency,
            {{ tool_currency('salesforce') }}
        ) as currency,
        salesforce_campaigns.actual_cost as amount,
        salesforce_campaigns._extracted_at
    from salesforce_campaigns
    cross join corporate

),

campaign_costs as (

    select
        tool_costs.source,
        tool_costs.source_object,
        tool_costs.source_record_id,
        tool_costs.spend_date,
        'marketing' as department,
        campaign.cost_type,
        campaign.channel,
        campaign.campaign_id,
        coalesce(campaign.normalised_name, campaign.campaign_id) as campaign_key,
        tool_costs.currency,
        tool_costs.amount,
        tool_costs._extracted_at
    from tool_costs
    left join campaign
        on
            tool_costs.source = campaign.source
            and tool_costs.source_campaign_id = campaign.source_record_id
    where tool_costs.amount != 0

),

-- A campaign in a file is meant by the id that its tool gives it.
meant as (

    select
        source_record_id as word,
        {{ first_by('campaign_id', fact_precedence('spend', 'source')) }} as campaign_id,
        {{ first_by('normalised_name', fact_precedence('spend', 'source')) }} as normalised_name
    from campaign
    group by source_record_id

),

filed_costs as (

    select
        'files' as source,
        'spend' as source_object,
        file_costs.spend_id as source_record_id,
        file_costs.spend_date,
        file_costs.department,
        file_costs.cost_type,
        coalesce(lead_channels.lead_channel, {{ snake_cased('file_costs.channel') }}) as channel,
        coalesce(
            meant.campaign_id,
            {{ campaign_id('files', 'campaigns', 'file_costs.campaign_id') }}
        ) as campaign_id,
        coalesce(meant.normalised_name, file_costs.campaign_id) as campaign_key,
        file_costs.currency,
        file_costs.amount,
        file_costs._extracted_at
    from file_costs
    left join lead_channels
        on {{ snake_cased('file_costs.channel') }} = lead_channels.source_channel
    left join meant
        on file_costs.campaign_id = meant.word

),

told as (

    select * from campaign_costs
    union all
    select * from filed_costs

),

ranked as (

    select
        *,
        left(cast(spend_date as varchar), 7) as spend_month,
        {{ fact_precedence('spend', 'source') }} as precedence
    from told

),

campaigns_told as (

    select
        campaign_key,
        min(precedence) as precedence
    from ranked
    where campaign_key is not null and cost_type in ('media', 'program')
    group by campaign_key

),

media_told as (

    select
        channel,
        spend_month,
        min(precedence) as precedence
    from ranked
    where cost_type = 'media'
    group by channel, spend_month

),

-- People and tools are no campaign's: nobody but the files knows them.
counted as (

    select ranked.*
    from ranked
    left join campaigns_told
        on ranked.campaign_key = campaigns_told.campaign_key
    left join media_told
        on
            ranked.channel = media_told.channel
            and ranked.spend_month = media_told.spend_month
    where
        ranked.cost_type in ('people', 'tools')
        or (
            ranked.precedence <= coalesce(campaigns_told.precedence, ranked.precedence)
            and (
                ranked.cost_type != 'media'
                -- A campaign that people name in a file runs where no tool of ours looks.
                or (ranked.source = 'files' and ranked.campaign_id is not null)
                or ranked.precedence <= coalesce(media_told.precedence, ranked.precedence)
            )
        )

),

final as (

    select
        {{ entity_id('spd', "concat_ws(':', source, source_object, source_record_id)") }}
            as spend_id,
        spend_date,
        department,
        cost_type,
        channel,
        campaign_id,
        currency,
        cast(amount as decimal(18, 2)) as amount,
        source,
        source_record_id,
        _extracted_at
    from counted

)

select * from final
