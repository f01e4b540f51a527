with

campaign as (

    select * from {{ ref('campaign') }}

),

advertising_days as (

    select * from {{ ref('stg_google_ads__campaign_stats') }}
    where not is_deleted

),

hubspot_events as (

    select * from {{ ref('stg_hubspot__email_events') }}
    where
        not is_deleted
        and not is_filtered
        and obsoleted_by_event_id is null
        and event_type in ('sent', 'delivered', 'open', 'click')

),

hubspot_emails as (

    select
        marketing_email_id,
        campaign_id,
        unnest(email_campaign_ids) as email_campaign_id
    from {{ ref('stg_hubspot__marketing_emails') }}

),

marketo_activities as (

    select * from {{ ref('stg_marketo__activities') }}
    where not is_deleted

),

marketo_activity_types as (

    select * from {{ ref('stg_marketo__activity_types') }}

),

marketo_programs as (

    select * from {{ ref('stg_marketo__programs') }}

),

-- Credits are parts of a conversion; rounding their running total keeps whole days' sum right.
advertised as (

    select
        {{ campaign_id('google_ads', 'campaigns', 'campaign_id') }} as campaign_id,
        stat_date,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(conversions) as credited_conversions,
        max(_extracted_at) as _extracted_at
    from advertising_days
    group by campaign_id, stat_date

),

advertised_so_far as (

    select
        *,
        sum(credited_conversions) over (
            partition by campaign_id
            order by stat_date
        ) as conversions_so_far
    from advertised

),

hubspot_campaigns_of_emails as (

    select
        email_campaign_id,
        min(coalesce(
            {{ campaign_id('hubspot', 'campaigns', 'campaign_id') }},
            {{ campaign_id('hubspot', 'marketing_emails', 'marketing_email_id') }}
        )) as campaign_id
    from hubspot_emails
    group by email_campaign_id

),

-- Marketo calls an e-mail of a program by both names; of programs that fit, the longest name is it.
programs_of_emails as (

    select
        emails.asset_id,
        {{ first_by(
            "programs.program_id", "(-length(programs.program_name), programs.program_id)"
        ) }} as program_id
    from (
        select distinct
            asset_id,
            asset_name
        from marketo_activities
    ) as emails
    inner join marketo_programs as programs
        on left(emails.asset_name, length(programs.program_name) + 1) = programs.program_name || '.'
    group by emails.asset_id

),

mailed as (

    select
        'hubspot' as source,
        coalesce(
            emails.campaign_id,
            {{ campaign_id('hubspot', 'email_campaigns', 'events.email_campaign_id') }}
        ) as campaign_id,
        events.email_campaign_id as email_id,
        events.recipient_email as recipient,
        events.event_type,
        events.occurred_at,
        events.email_event_id as event_id,
        events._extracted_at
    from hubspot_events as events
    left join hubspot_campaigns_of_emails as emails
        on events.email_campaign_id = emails.email_campaign_id

    union all

    select
        'marketo' as source,
        coalesce(
            {{ campaign_id('marketo', 'programs', 'programs.program_id') }},
            {{ campaign_id('marketo', 'emails', 'activities.asset_id') }}
        ) as campaign_id,
        activities.asset_id as email_id,
        activities.lead_id as recipient,
        case types.activity_type
            when 'Send Email' then 'sent'
            when 'Email Delivered' then 'delivered'
            when 'Open Email' then 'open'
            when 'Click Email' then 'click'
        end as event_type,
        activities.occurred_at,
        activities.activity_id as event_id,
        activities._extracted_at
    from marketo_activities as activities
    inner join marketo_activity_types as types
        on activities.activity_type_id = types.activity_type_id
    left join programs_of_emails as programs
        on activities.asset_id = programs.asset_id
    where types.activity_type in ('Send Email', 'Email Delivered', 'Open Email', 'Click Email')

),

-- Whoever opens twice is counted on the day of the first time.
numbered as (

    select
        *,
        {{ business_date('occurred_at') }} as stat_date,
        row_number() over (
            partition by source, campaign_id, email_id, recipient, event_type
            order by occurred_at, event_id
        ) as time_number
    from mailed
    where campaign_id is not null and occurred_at is not null

),

mailed_days as (

    select
        source,
        campaign_id,
        stat_date,
        count(case when event_type = 'sent' then 1 end) as sends,
        count(case when event_type = 'delivered' then 1 end) as delivered,
        count(case when event_type = 'open' and time_number = 1 then 1 end) as unique_opens,
        count(case when event_type = 'click' and time_number = 1 then 1 end) as unique_clicks,
        max(_extracted_at) as _extracted_at
    from numbered
    group by source, campaign_id, stat_date

),

told as (

    select
        advertised_so_far.campaign_id,
        advertised_so_far.stat_date,
        campaign.channel,
        advertised_so_far.impressions,
        advertised_so_far.clicks,
        null as sends,
        null as delivered,
        null as unique_opens,
        null as unique_clicks,
        round(advertised_so_far.conversions_so_far)
        - round(advertised_so_far.conversions_so_far - advertised_so_far.credited_conversions)
            as conversions,
        advertised_so_far.credited_conversions,
        'google_ads' as source,
        advertised_so_far._extracted_at
    from advertised_so_far
    left join campaign
        on advertised_so_far.campaign_id = campaign.campaign_id

    union all

    select
        campaign_id,
        stat_date,
        'email' as channel,
        null as impressions,
        null as clicks,
        sends,
        delivered,
        unique_opens,
        unique_clicks,
        null as conversions,
        null as credited_conversions,
        source,
        _extracted_at
    from mailed_days

),

final as (

    select
        campaign_id,
        stat_date,
        channel,
        cast(impressions as integer) as impressions,
        cast(clicks as integer) as clicks,
        cast(sends as integer) as sends,
        cast(delivered as integer) as delivered,
        cast(unique_opens as integer) as unique_opens,
        cast(unique_clicks as integer) as unique_clicks,
        cast(conversions as integer) as conversions,
        cast(credited_conversions as decimal(18, 4)) as credited_conversions,
        {{ entity_id('cst', "concat_ws(':', campaign_id, stat_date, channel)") }}
            as campaign_stat_id,
        source,
        campaign_id || ':' || stat_date as source_record_id,
        _extracted_at
    from told

)

select * from final
