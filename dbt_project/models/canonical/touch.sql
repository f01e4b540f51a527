with

touch_records as (

    select * from {{ ref('touch_records') }}
    where occurred_at is not null

),

touch_types as (

    select * from {{ ref('touch_type_map') }}

),

form_words as (

    select * from {{ ref('form_words') }}

),

web_visits as (

    select * from {{ ref('web_visits') }}

),

web_session as (

    select * from {{ ref('web_session') }}

),

channels as (

    select * from {{ ref('lead_channel_map') }}

),

campaign as (

    select * from {{ ref('campaign') }}

),

hubspot_campaigns as (

    select * from {{ ref('stg_hubspot__campaigns') }}
    where not is_deleted

),

person_map as (

    select * from {{ ref('person_map') }}

),

person_emails as (

    select * from {{ ref('person_emails') }}

),

person as (

    select * from {{ ref('person') }}

),

-- Of millions of records most are no touches: away with them before anything is joined.
touching as (

    select
        touch_records.*,
        {{ url_parameter('touch_records.link', 'utm_medium') }} as utm_medium,
        {{ url_parameter('touch_records.link', 'utm_source') }} as utm_source,
        {{ url_parameter('touch_records.link', 'utm_campaign') }} as utm_campaign,
        {{ has_ad_click_id('touch_records.link') }} as has_ad_click_id
    from touch_records
    where
        (touch_records.source, touch_records.source_type) in (
            select
                touch_types.tool,
                touch_types.source_type
            from touch_types
            where touch_types.touch_type is not null
        )

),

{{ arrivals('touching') }},

-- A visit tells what its events do not: who came, and by which channel.
visited as (

    select
        arrived.*,
        case
            when arrived.asset_kind = 'page' then arrived.arrival_channel
            else arrived.source_status
        end as status,
        web_visits.user_reference,
        web_visits.email as visit_email,
        web_visits.channel as visit_channel,
        web_visits.utm_campaign as visit_campaign
    from arrived
    left join web_visits
        on
            arrived.visitor = web_visits.visitor
            and arrived.source = web_visits.source
            and arrived.occurred_at between web_visits.started_at and web_visits.ended_at

),

typed as (

    select
        visited.*,
        coalesce(by_status.touch_type, by_type.touch_type) as told_type,
        coalesce(by_status.is_marketing, by_type.is_marketing) as is_marketing
    from visited
    left join touch_types as by_status
        on
            visited.source = by_status.tool
            and visited.source_type = by_status.source_type
            and visited.status = by_status.source_status
    left join touch_types as by_type
        on
            visited.source = by_type.tool
            and visited.source_type = by_type.source_type
            and by_type.source_status is null
    where
        by_status.touch_type is not null
        or (by_status.tool is null and by_type.touch_type is not null)

),

form_names as (

    select distinct
        asset_name,
        {{ folded('asset_name') }} as folded_name
    from typed
    where told_type = 'form_submit' and asset_name is not null

),

form_types as (

    select
        form_names.asset_name,
        {{ first_by(
            'form_words.touch_type', '(form_words.match_order, form_words.form_word)'
        ) }} as touch_type
    from form_names
    inner join form_words
        on {{ holds_word('form_names.folded_name', 'form_words.form_word') }}
    group by form_names.asset_name

),

addresses as (

    select distinct
        email as source_email,
        {{ valid_email(folded('email')) }} as email
    from typed
    where email is not null

),

-- The word for a campaign on a link is its name, the mark that HubSpot gives it, or its number.
campaign_words as (

    select
        normalised_name as word,
        campaign_id,
        3 as word_rank
    from campaign
    where normalised_name is not null and not is_deleted

    union all

    select
        {{ normalised_word('utm_campaign') }} as word,
        {{ campaign_id('hubspot', 'campaigns', 'campaign_id') }} as campaign_id,
        2 as word_rank
    from hubspot_campaigns
    where utm_campaign is not null

    union all

    select
        source_record_id as word,
        campaign_id,
        1 as word_rank
    from campaign
    where source = 'google_ads'

),

campaigns_by_word as (

    select
        word,
        {{ first_by('campaign_id', '(word_rank, campaign_id)') }} as campaign_id
    from campaign_words
    group by word

),

recognised as (

    select
        typed.source,
        typed.source_object,
        typed.source_record_id,
        coalesce(
            by_record.person_id, by_user.person_id, by_email.person_id, by_visit.person_id
        ) as person_id,
        typed.occurred_at,
        typed.is_day_only,
        typed.asset_kind,
        case
            when typed.visit_channel is not null then typed.visit_channel
            when typed.asset_kind = 'email' then 'email'
            when typed.asset_kind in ('program', 'campaign') then campaign.channel
            else typed.arrival_channel
        end as channel,
        campaign.campaign_id,
        coalesce(typed.utm_campaign, typed.visit_campaign) as campaign_word,
        coalesce(form_types.touch_type, typed.told_type) as touch_type,
        typed.told_type = 'form_submit' as is_form,
        typed.visit_channel is not null as is_in_visit,
        typed.is_marketing,
        typed._extracted_at
    from typed
    left join form_types
        on
            typed.told_type = 'form_submit'
            and typed.asset_name = form_types.asset_name
    left join campaign
        on
            {{ entity_id('cmp', 'typed.campaign_reference') }}
            = campaign.campaign_id
    left join person_map as by_record
        on typed.person_reference = by_record.record_reference
    left join person_map as by_user
        on typed.user_reference = by_user.record_reference
    left join addresses
        on typed.email = addresses.source_email
    left join person_emails as by_email
        on addresses.email = by_email.email
    left join person_emails as by_visit
        on typed.visit_email = by_visit.email

),

-- Where a form says not how somebody came, the visit in which it was filled in does.
form_visits as (

    select
        recognised.source,
        recognised.source_record_id,
        {{ first_by('web_session.channel', '-' ~ microseconds('web_session.started_at')) }}
            as channel
    from recognised
    inner join web_session
        on
            recognised.person_id = web_session.person_id
            and recognised.occurred_at >= web_session.started_at
            and recognised.occurred_at <= {{ moved(
                'web_session.started_at',
                '+',
                "(coalesce(web_session.engagement_seconds, 0) * interval '1 second' + "
                ~ var('web_session_pause') ~ ")"
            ) }}
    where
        recognised.asset_kind = 'form'
        and recognised.channel = 'direct'
        -- What was filled in during a visit that we know is not asked of another browser's.
        and not recognised.is_in_visit
    group by recognised.source, recognised.source_record_id

),

visit_touches as (

    select
        web_session.source,
        'web_visits' as source_object,
        web_session.source_record_id,
        web_session.person_id,
        web_session.account_id,
        web_session.started_at as occurred_at,
        false as is_day_only,
        web_session.channel,
        cast(null as varchar) as campaign_id,
        web_session.utm_campaign as campaign_word,
        coalesce(by_channel.touch_type, by_type.touch_type) as touch_type,
        false as is_form,
        coalesce(by_channel.is_marketing, by_type.is_marketing) as is_marketing,
        web_session._extracted_at
    from web_session
    inner join touch_types as by_type
        on
            by_type.tool = 'web'
            and by_type.source_type = 'visit'
            and by_type.source_status is null
    left join touch_types as by_channel
        on
            by_channel.tool = 'web'
            and by_channel.source_type = 'visit'
            and web_session.channel = by_channel.source_status
    where coalesce(by_channel.touch_type, by_type.touch_type) is not null

),

told as (

    select
        recognised.source,
        recognised.source_object,
        recognised.source_record_id,
        recognised.person_id,
        cast(null as varchar) as account_id,
        recognised.occurred_at,
        recognised.is_day_only,
        coalesce(form_visits.channel, recognised.channel) as channel,
        recognised.campaign_id,
        recognised.campaign_word,
        recognised.touch_type,
        recognised.is_form,
        recognised.is_marketing,
        recognised._extracted_at
    from recognised
    left join form_visits
        on
            recognised.source = form_visits.source
            and recognised.source_record_id = form_visits.source_record_id

    union all

    select * from visit_touches

),

referenced as (

    select
        *,
        {{ entity_id('tou', "source || ':' || source_object || ':' || source_record_id") }}
            as touch_id,
        {{ fact_precedence('touch', 'source') }} as source_rank
    from told

),

linked_words as (

    select distinct
        campaign_word,
        {{ normalised_word('campaign_word') }} as word
    from referenced
    where campaign_word is not null

),

linked_campaigns as (

    select
        linked_words.campaign_word,
        campaigns_by_word.campaign_id
    from linked_words
    inner join campaigns_by_word
        on linked_words.word = campaigns_by_word.word

),

-- A form that two tools call differently is one form.
kinds as (

    select
        touch_id,
        person_id,
        case when is_form then 'form' else touch_type end as kind,
        source_rank,
        occurred_at,
        is_day_only
    from referenced
    where person_id is not null

    union all

    select
        touch_id,
        person_id,
        touch_type as kind,
        source_rank,
        occurred_at,
        is_day_only
    from referenced
    where person_id is not null and is_form

),

told_by_several as (

    select
        person_id,
        kind,
        bool_or(is_day_only) as has_days
    from kinds
    group by person_id, kind
    having min(source_rank) != max(source_rank)

),

comparable as (

    select
        kinds.*,
        told_by_several.has_days
    from kinds
    inner join told_by_several
        on
            kinds.person_id = told_by_several.person_id
            and kinds.kind = told_by_several.kind

),

-- Compared day by day, so that somebody with thousands of visits is not compared with all of them.
near_days as (

    select
        *,
        {{ day_number(moved('occurred_at', '-', var('same_touch_within'))) }} as near_day
    from comparable

    union all

    select
        *,
        {{ day_number(moved('occurred_at', '+', var('same_touch_within'))) }} as near_day
    from comparable
    where
        {{ day_number(moved('occurred_at', '-', var('same_touch_within'))) }}
        != {{ day_number(moved('occurred_at', '+', var('same_touch_within'))) }}

),

business_days as (

    select
        *,
        {{ business_date('occurred_at') }} as business_day
    from comparable
    where has_days

),

told_twice as (

    select lesser.touch_id
    from comparable as lesser
    inner join near_days as better
        on
            lesser.person_id = better.person_id
            and lesser.kind = better.kind
            and {{ day_number('lesser.occurred_at') }} = better.near_day
            and lesser.source_rank > better.source_rank
    where
        lesser.occurred_at between {{ moved('better.occurred_at', '-', var('same_touch_within')) }}
        and {{ moved('better.occurred_at', '+', var('same_touch_within')) }}

    union

    select lesser.touch_id
    from business_days as lesser
    inner join business_days as better
        on
            lesser.person_id = better.person_id
            and lesser.kind = better.kind
            and lesser.business_day = better.business_day
            and lesser.source_rank > better.source_rank
    where lesser.is_day_only or better.is_day_only

),

final as (

    select
        referenced.touch_id,
        referenced.person_id,
        coalesce(referenced.account_id, person.account_id) as account_id,
        referenced.occurred_at,
        coalesce(channels.lead_channel, referenced.channel, 'other') as channel,
        coalesce(referenced.campaign_id, linked_campaigns.campaign_id) as campaign_id,
        referenced.touch_type,
        referenced.is_marketing,
        referenced.source,
        referenced.source_record_id,
        referenced._extracted_at
    from referenced
    left join person
        on referenced.person_id = person.person_id
    left join linked_campaigns
        on referenced.campaign_word = linked_campaigns.campaign_word
    left join channels
        on referenced.channel = channels.source_channel
    where
        not exists (
            select 1
            from told_twice
            where referenced.touch_id = told_twice.touch_id
        )

)

select * from final
