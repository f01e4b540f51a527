with

salesforce_tasks as (

    select * from {{ ref('stg_salesforce__tasks') }}
    where not is_deleted

),

salesforce_events as (

    select * from {{ ref('stg_salesforce__events') }}
    where not is_deleted

),

hubspot_calls as (

    select * from {{ ref('stg_hubspot__calls') }}
    where not is_deleted

),

hubspot_emails as (

    select * from {{ ref('stg_hubspot__emails') }}
    where not is_deleted

),

hubspot_meetings as (

    select * from {{ ref('stg_hubspot__meetings') }}
    where not is_deleted

),

hubspot_associations as (

    select * from {{ ref('stg_hubspot__associations') }}
    where not is_deleted and from_object_type in ('calls', 'emails', 'meetings')

),

hubspot_contacts as (

    select * from {{ ref('stg_hubspot__contacts') }}

),

marketo_activities as (

    select * from {{ ref('stg_marketo__activities') }}
    where not is_deleted

),

marketo_activity_types as (

    select * from {{ ref('stg_marketo__activity_types') }}

),

activity_types as (

    select * from {{ ref('activity_type_map') }}

),

directions as (

    select * from {{ ref('activity_direction_map') }}

),

person_map as (

    select * from {{ ref('person_map') }}

),

account_map as (

    select * from {{ ref('account_map') }}

),

owner_map as (

    select * from {{ ref('owner_map') }}

),

opportunity_map as (

    select * from {{ ref('opportunity_map') }}

),

persons as (

    select * from {{ ref('person') }}

),

opportunities as (

    select * from {{ ref('opportunity') }}

),

hubspot_contact_parts as (

    select
        hubspot_associations.from_object_type,
        hubspot_associations.from_object_id,
        hubspot_associations.to_object_id,
        coalesce(
            {{ holds_text('hubspot_emails.from_email', 'hubspot_contacts.email') }}
            or {{ holds_text('hubspot_emails.to_email', 'hubspot_contacts.email') }},
            false
        ) as is_named
    from hubspot_associations
    left join hubspot_contacts
        on hubspot_associations.to_object_id = hubspot_contacts.contact_id
    left join hubspot_emails
        on
            hubspot_associations.from_object_type = 'emails'
            and hubspot_associations.from_object_id = hubspot_emails.email_id
    where hubspot_associations.to_object_type = 'contacts'

),

-- Of several contacts, the one that an e-mail came from or went to, else the first record.
hubspot_contact_ends as (

    select
        from_object_type,
        from_object_id,
        {{ first_by('to_object_id', '(not is_named, length(to_object_id), to_object_id)') }}
            as contact_id
    from hubspot_contact_parts
    group by from_object_type, from_object_id

),

hubspot_other_ends as (

    select
        from_object_type,
        from_object_id,
        {{ first_by(
            "case when to_object_type = 'companies' then to_object_id end",
            '(not is_primary, length(to_object_id), to_object_id)'
        ) }} as company_id,
        {{ first_by(
            "case when to_object_type = 'deals' then to_object_id end",
            '(length(to_object_id), to_object_id)'
        ) }} as deal_id
    from hubspot_associations
    where to_object_type in ('companies', 'deals')
    group by from_object_type, from_object_id

),

-- `what` is a word of the tool itself, `source_type` one of the people who use it.
hubspot_engagements as (

    select
        'calls' as what,
        call_id as engagement_id,
        owner_id,
        cast(null as varchar) as source_type,
        call_title as title,
        direction as source_direction,
        coalesce(occurred_at, created_at) as occurred_at,
        _extracted_at
    from hubspot_calls
    where {{ did_happen('call', 'call_status') }}

    union all by name

    select
        'emails' as what,
        email_id as engagement_id,
        owner_id,
        direction as source_direction,
        coalesce(occurred_at, created_at) as occurred_at,
        _extracted_at
    from hubspot_emails
    where {{ did_happen('email', 'email_status') }}

    union all by name

    select
        'meetings' as what,
        meeting_id as engagement_id,
        owner_id,
        meeting_type as source_type,
        meeting_title as title,
        coalesce(started_at, occurred_at, created_at) as occurred_at,
        _extracted_at
    from hubspot_meetings
    where {{ did_happen('meeting', 'meeting_outcome') }}

),

-- A completed task is a log of what was done; an invitee's copy of an event is no second one.
records as (

    select
        {{ record_reference('salesforce', 'tasks', 'task_id') }} as record_reference,
        task_type as source_type,
        task_subtype as what,
        subject as title,
        coalesce(call_type, direction_label) as source_direction,
        {{ record_reference('salesforce', 'contacts', 'who_id') }} as person_reference,
        {{ record_reference('salesforce', 'leads', 'who_id') }} as lead_reference,
        coalesce(
            {{ record_reference('salesforce', 'accounts', 'account_id') }},
            {{ record_reference('salesforce', 'accounts', 'what_id') }}
        ) as account_reference,
        {{ record_reference('salesforce', 'opportunities', 'what_id') }} as opportunity_reference,
        {{ record_reference('salesforce', 'users', 'owner_id') }} as owner_reference,
        coalesce(completed_at, created_at) as occurred_at,
        _extracted_at
    from salesforce_tasks
    where is_closed

    union all by name

    select
        {{ record_reference('salesforce', 'events', 'event_id') }} as record_reference,
        event_type as source_type,
        coalesce(event_subtype, 'event') as what,
        subject as title,
        {{ record_reference('salesforce', 'contacts', 'who_id') }} as person_reference,
        {{ record_reference('salesforce', 'leads', 'who_id') }} as lead_reference,
        coalesce(
            {{ record_reference('salesforce', 'accounts', 'account_id') }},
            {{ record_reference('salesforce', 'accounts', 'what_id') }}
        ) as account_reference,
        {{ record_reference('salesforce', 'opportunities', 'what_id') }} as opportunity_reference,
        {{ record_reference('salesforce', 'users', 'owner_id') }} as owner_reference,
        coalesce(started_at, created_at) as occurred_at,
        _extracted_at
    from salesforce_events
    where not is_child

    union all by name

    select
        'hubspot:' || engagements.what || ':' || engagements.engagement_id as record_reference,
        engagements.source_type,
        engagements.what,
        engagements.title,
        engagements.source_direction,
        {{ record_reference('hubspot', 'contacts', 'contact_ends.contact_id') }}
            as person_reference,
        {{ record_reference('hubspot', 'companies', 'other_ends.company_id') }}
            as account_reference,
        {{ record_reference('hubspot', 'deals', 'other_ends.deal_id') }} as opportunity_reference,
        {{ record_reference('hubspot', 'owners', 'engagements.owner_id') }} as owner_reference,
        engagements.occurred_at,
        engagements._extracted_at
    from hubspot_engagements as engagements
    left join hubspot_contact_ends as contact_ends
        on
            engagements.what = contact_ends.from_object_type
            and engagements.engagement_id = contact_ends.from_object_id
    left join hubspot_other_ends as other_ends
        on
            engagements.what = other_ends.from_object_type
            and engagements.engagement_id = other_ends.from_object_id

    union all by name

    -- E-mails of a campaign are touches; these are what a salesperson sent through Marketo.
    select
        {{ record_reference('marketo', 'activities', 'marketo_activities.activity_id') }}
            as record_reference,
        marketo_activity_types.activity_type as what,
        marketo_activity_types.activity_type as source_direction,
        {{ record_reference('marketo', 'leads', 'marketo_activities.lead_id') }}
            as person_reference,
        marketo_activities.occurred_at,
        marketo_activities._extracted_at
    from marketo_activities
    inner join marketo_activity_types
        on marketo_activities.activity_type_id = marketo_activity_types.activity_type_id
    where
        {{ folded('marketo_activity_types.activity_type') }} in (
            select activity_types.source_type
            from activity_types
            where activity_types.source = 'marketo'
        )

),

worded as (

    select
        *,
        {{ reference_parts('record_reference') }},
        {{ folded('source_type') }} as type_word,
        {{ folded('what') }} as what_word,
        {{ folded('title') }} as folded_title,
        {{ folded('source_direction') }} as direction_word
    from records

),

words as (

    select
        source,
        type_word as word
    from worded
    where type_word is not null

    union

    select
        source,
        what_word as word
    from worded
    where what_word is not null

),

-- A tool's own line comes before one for all tools; an empty kind says that it is no activity.
known_words as (

    select
        words.source,
        words.word,
        {{ first_by(
            "coalesce(activity_types.activity_type, '')", 'activity_types.source is null'
        ) }} as activity_type
    from words
    inner join activity_types
        on
            words.word = activity_types.source_type
            and (activity_types.source is null or words.source = activity_types.source)
    group by words.source, words.word

),

typed as (

    select
        worded.*,
        case
            when said.word is not null then said.activity_type
            when meant.activity_type = 'meeting' and {{ says_demo('worded.folded_title') }}
                then 'demo'
            else meant.activity_type
        end as activity_type,
        coalesce(directions.direction, '{{ var("default_activity_direction") }}') as direction
    from worded
    left join known_words as said
        on worded.source = said.source and worded.type_word = said.word
    left join known_words as meant
        on worded.source = meant.source and worded.what_word = meant.word
    left join directions
        on worded.direction_word = directions.source_direction

),

resolved as (

    select
        typed.*,
        coalesce(person_map.person_id, lead_map.person_id) as person_id,
        account_map.account_id as told_account_id,
        opportunity_map.opportunity_id,
        owner_map.owner_id,
        {{ fact_precedence('activity', 'typed.source') }} as precedence
    from typed
    left join person_map
        on typed.person_reference = person_map.record_reference
    left join person_map as lead_map
        on typed.lead_reference = lead_map.record_reference
    left join account_map
        on typed.account_reference = account_map.record_reference
    left join opportunity_map
        on typed.opportunity_reference = opportunity_map.record_reference
    left join owner_map
        on typed.owner_reference = owner_map.record_reference
    where typed.activity_type != '' and typed.direction != 'internal'

),

-- Where tools log for one another, the first of them speaks; without a person nobody can tell.
compared as (

    select
        *,
        {{ best_precedence_nearby(
            'precedence',
            [
                'activity_type',
                'direction',
                "coalesce(person_id, record_reference)",
                'owner_id',
            ],
            'occurred_at',
            5
        ) }} as best_precedence
    from resolved

),

final as (

    select
        {{ entity_id('act', 'compared.record_reference') }} as activity_id,
        compared.activity_type,
        compared.direction,
        compared.person_id,
        coalesce(compared.told_account_id, opportunities.account_id, persons.account_id)
            as account_id,
        compared.opportunity_id,
        compared.owner_id,
        compared.occurred_at,
        compared.source,
        compared.source_object || '/' || compared.source_record_id as source_record_id,
        compared._extracted_at
    from compared
    left join opportunities
        on compared.opportunity_id = opportunities.opportunity_id
    left join persons
        on compared.person_id = persons.person_id
    where compared.precedence = compared.best_precedence

)

select * from final
