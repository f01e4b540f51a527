{{
    config(
        materialized='by_key',
        meta={
            'by_key': {
                'key': 'visitor',
                'inputs': {
                    'stg_events__events': [
                        "coalesce(anonymous_id, previous_id, 'user ' || user_id)",
                    ],
                    'stg_database__web_sessions': [
                        "coalesce(anonymous_id, 'user ' || user_id, 'session ' || session_id)",
                    ],
                    'stg_events__identifies': [
                        'anonymous_id',
                        'user_id = stg_events__events.user_id',
                        'user_id = stg_database__web_sessions.user_id',
                    ],
                    'stg_events__groups': [
                        'user_id = stg_events__events.user_id',
                        'user_id = stg_database__web_sessions.user_id',
                    ],
                },
            },
        }
    )
}}
{% set visits_of_visitor = 'partition by visitor order by started_at, source_record_id' %}

with

calls as (

    select * from {{ affected('stg_events__events') }}
    where not is_deleted and occurred_at is not null

),

identifies as (

    select * from {{ affected('stg_events__identifies') }}
    where not is_deleted

),

groups as (

    select * from {{ affected('stg_events__groups') }}
    where not is_deleted

),

database_sessions as (

    select * from {{ affected('stg_database__web_sessions') }}
    where not is_deleted and started_at is not null

),

touch_types as (

    select distinct
        source_type,
        true as is_conversion
    from {{ ref('touch_type_map') }}
    where tool = 'events' and touch_type is not null

),

-- A browser is known by its anonymous id; what has none, a server's call for one, by its user.
of_visitors as (

    select
        event_id,
        coalesce(anonymous_id, previous_id, 'user ' || user_id) as visitor,
        user_id,
        group_id,
        session_id,
        event_type,
        case when event_type = 'track' then {{ snake_cased('event_name') }} end as tracked,
        is_key_event,
        event_type in ('page', 'screen')
        or (event_type = 'track' and coalesce(page_url, page_path) is not null) as is_on_page,
        campaign_source is not null or campaign_medium is not null as is_marked,
        occurred_at,
        _extracted_at,
        lag(occurred_at) over calls_of_visitor as previous_at,
        lag(session_id) over calls_of_visitor as previous_session_id
    from calls
    where coalesce(anonymous_id, previous_id, user_id) is not null
    window calls_of_visitor as (
        partition by coalesce(anonymous_id, previous_id, 'user ' || user_id)
        order by occurred_at, event_id
    )

),

-- A visit ends with a pause, or where the library itself begins another session.
numbered as (

    select
        *,
        sum(
            case
                when
                    occurred_at <= {{ moved('previous_at', '+', var('web_session_pause')) }}
                    and session_id is not distinct from previous_session_id
                    then 0
                else 1
            end
        ) over (partition by visitor order by occurred_at asc, event_id asc) as visit_number
    from of_visitors

),

visits as (

    select
        numbered.visitor,
        numbered.visit_number,
        {{ first_by('numbered.event_id', '(numbered.occurred_at, numbered.event_id)') }}
            as first_event_id,
        {{ first_by(
            'numbered.event_id',
            '(not numbered.is_on_page, not numbered.is_marked, numbered.occurred_at, numbered.event_id)'
        ) }} as landing_event_id,
        {{ first_by('numbered.user_id', '(numbered.occurred_at, numbered.event_id)') }} as user_id,
        {{ first_by('numbered.group_id', '(numbered.occurred_at, numbered.event_id)') }}
            as group_id,
        min(numbered.occurred_at) as started_at,
        max(numbered.occurred_at) as ended_at,
        max(numbered._extracted_at) as _extracted_at,
        bool_or(numbered.is_on_page) as is_on_page,
        count(*) filter (where numbered.event_type in ('page', 'screen')) as page_views,
        count(*) filter (
            where numbered.event_type = 'track'
            and (numbered.is_key_event or touch_types.is_conversion)
        ) as key_events
    from numbered
    left join touch_types
        on numbered.tracked = touch_types.source_type
    group by numbered.visitor, numbered.visit_number

),

landed as (

    select
        visits.*,
        landings.campaign_medium as utm_medium,
        landings.campaign_source as utm_source,
        landings.campaign_name as utm_campaign,
        landings.page_url,
        landings.referrer,
        {{ has_ad_click_id('landings.page_url') }} as has_ad_click_id,
        {{ url_parameter('landings.page_url', 'gclid') }} as google_click_id
    from visits
    inner join calls as landings
        on visits.landing_event_id = landings.event_id
    where visits.is_on_page

),

{{ arrivals('landed') }},

told as (

    select
        'events' as source,
        first_event_id as source_record_id,
        visitor,
        user_id,
        group_id as customer_id,
        started_at,
        ended_at,
        cast(arrival_channel as varchar) as channel,
        utm_campaign,
        google_click_id,
        cast(page_views as integer) as page_views,
        {{ seconds_between('started_at', 'ended_at') }} as engagement_seconds,
        cast(key_events as integer) as key_events,
        _extracted_at
    from arrived

    union all

    select
        'database' as source,
        session_id as source_record_id,
        coalesce(anonymous_id, 'user ' || user_id, 'session ' || session_id) as visitor,
        user_id,
        customer_id,
        started_at,
        {{ moved(
            'started_at', '+', "coalesce(engagement_seconds, 0) * interval '1 second'"
        ) }} as ended_at,
        {{ snake_cased('channel') }} as channel,
        null as utm_campaign,
        null as google_click_id,
        page_views,
        engagement_seconds,
        key_events,
        _extracted_at
    from database_sessions

),

-- Whoever says next who they are has been using the browser, else whoever said so last.
recognised as (

    select
        *,
        coalesce(
            {{ next_known('user_id', visits_of_visitor) }},
            {{ last_known('user_id', visits_of_visitor) }}
        ) as known_user_id
    from told

),

-- The same visit, told by two tools: the first in `fact_precedence` is believed.
told_twice as (

    select distinct
        lesser.source,
        lesser.source_record_id
    from told as lesser
    inner join told as better
        on
            lesser.visitor = better.visitor
            and {{ fact_precedence('web_session', 'better.source') }}
            < {{ fact_precedence('web_session', 'lesser.source') }}
            and lesser.started_at <= {{ moved('better.ended_at', '+', var('web_session_pause')) }}
            and better.started_at <= {{ moved('lesser.ended_at', '+', var('web_session_pause')) }}

),

user_emails as (

    select
        user_id,
        {{ first_by('email', '-' ~ microseconds('received_at')) }} as email
    from identifies
    where user_id is not null and email is not null
    group by user_id

),

-- Who gave an address and never signed in.
visitor_emails as (

    select
        anonymous_id as visitor,
        {{ first_by('email', '-' ~ microseconds('received_at')) }} as email
    from identifies
    where user_id is null and anonymous_id is not null and email is not null
    group by anonymous_id

),

user_groups as (

    select
        user_id,
        {{ first_by('group_id', '-' ~ microseconds('received_at')) }} as group_id
    from groups
    where user_id is not null and group_id is not null
    group by user_id

),

final as (

    select
        recognised.source || ':web_visits:' || recognised.source_record_id as visit_reference,
        recognised.source,
        recognised.source_record_id,
        recognised.visitor,
        {{ record_reference('database', 'users', 'recognised.known_user_id') }} as user_reference,
        {{ record_reference(
            'database', 'customers', 'coalesce(recognised.customer_id, user_groups.group_id)'
        ) }} as customer_reference,
        {{ valid_email(
            folded('coalesce(user_emails.email, visitor_emails.email, recognised.known_user_id)')
        ) }} as email,
        recognised.started_at,
        recognised.ended_at,
        recognised.channel,
        recognised.utm_campaign,
        recognised.google_click_id,
        recognised.page_views,
        recognised.engagement_seconds,
        recognised.key_events,
        told_twice.source_record_id is not null as is_told_twice,
        recognised._extracted_at
    from recognised
    left join told_twice
        on
            recognised.source = told_twice.source
            and recognised.source_record_id = told_twice.source_record_id
    left join user_emails
        on recognised.known_user_id = user_emails.user_id
    left join visitor_emails
        on recognised.visitor = visitor_emails.visitor
    left join user_groups
        on recognised.known_user_id = user_groups.user_id

)

select * from final
