with

google_ads_campaigns as (

    select * from {{ ref('stg_google_ads__campaigns') }}

),

marketo_programs as (

    select * from {{ ref('stg_marketo__programs') }}

),

hubspot_campaigns as (

    select * from {{ ref('stg_hubspot__campaigns') }}

),

salesforce_campaigns as (

    select * from {{ ref('stg_salesforce__campaigns') }}

),

channels as (

    select * from {{ ref('campaign_channel_map') }}

),

told as (

    select
        {{ record_reference('google_ads', 'campaigns', 'campaign_id') }} as record_reference,
        campaign_name,
        channel_type as source_type,
        is_deleted,
        _extracted_at
    from google_ads_campaigns

    union all

    select
        {{ record_reference('marketo', 'programs', 'program_id') }} as record_reference,
        program_name as campaign_name,
        channel as source_type,
        is_deleted,
        _extracted_at
    from marketo_programs

    union all

    -- A campaign of HubSpot spans channels.
    select
        {{ record_reference('hubspot', 'campaigns', 'campaign_id') }} as record_reference,
        campaign_name,
        null as source_type,
        is_deleted,
        _extracted_at
    from hubspot_campaigns

    union all

    select
        {{ record_reference('salesforce', 'campaigns', 'campaign_id') }} as record_reference,
        campaign_name,
        campaign_type as source_type,
        is_deleted,
        _extracted_at
    from salesforce_campaigns

),

named as (

    select
        *,
        {{ reference_parts('record_reference') }},
        {{ snake_cased('source_type') }} as campaign_type,
        replace({{ snake_cased(folded('campaign_name')) }}, '_', '') as normalised_name
    from told

),

final as (

    select
        {{ entity_id('cmp', 'named.record_reference') }} as campaign_id,
        named.campaign_name,
        named.normalised_name,
        named.campaign_type,
        coalesce(channels.channel, named.campaign_type) as channel,
        coalesce(channels.cost_type, 'program') as cost_type,
        channels.channel is null and named.campaign_type is not null as is_unmapped,
        named.is_deleted,
        named.source,
        named.source_record_id,
        named._extracted_at
    from named
    left join channels
        on
            named.source = channels.source
            and named.campaign_type = channels.campaign_type

)

select * from final
