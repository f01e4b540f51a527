with

web_visits as (

    select * from {{ ref('web_visits') }}
    where not is_told_twice

),

person_map as (

    select * from {{ ref('person_map') }}

),

person_emails as (

    select * from {{ ref('person_emails') }}

),

account_map as (

    select * from {{ ref('account_map') }}

),

person as (

    select * from {{ ref('person') }}

),

channels as (

    select * from {{ ref('lead_channel_map') }}

),

recognised as (

    select
        web_visits.*,
        coalesce(person_map.person_id, person_emails.person_id) as person_id,
        account_map.account_id
    from web_visits
    left join person_map
        on web_visits.user_reference = person_map.record_reference
    left join person_emails
        on web_visits.email = person_emails.email
    left join account_map
        on web_visits.customer_reference = account_map.record_reference

),

final as (

    select
        {{ entity_id('ses', 'recognised.visit_reference') }} as session_id,
        recognised.person_id,
        coalesce(recognised.account_id, person.account_id) as account_id,
        recognised.started_at,
        coalesce(channels.lead_channel, recognised.channel, 'direct') as channel,
        recognised.page_views,
        recognised.engagement_seconds,
        recognised.key_events,
        recognised.utm_campaign,
        recognised.source,
        recognised.source_record_id,
        recognised._extracted_at
    from recognised
    left join person
        on recognised.person_id = person.person_id
    left join channels
        on recognised.channel = channels.source_channel

)

select * from final
