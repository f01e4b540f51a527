-- It names records by their tools' ids only: `touch` joins who they are anew in every build.
with

hubspot_form_submissions as (

    select * from {{ ref('stg_hubspot__form_submissions') }}
    where not is_deleted

),

hubspot_forms as (

    select * from {{ ref('stg_hubspot__forms') }}

),

-- What a scanner did, and what a later event replaces, nobody did.
hubspot_email_events as (

    select * from {{ ref('stg_hubspot__email_events') }}
    where not is_deleted and not is_filtered and obsoleted_by_event_id is null

),

hubspot_marketing_emails as (

    select
        unnest(email_campaign_ids) as email_campaign_id,
        campaign_id,
        marketing_email_name,
        marketing_email_type
    from {{ ref('stg_hubspot__marketing_emails') }}

),

marketo_activities as (

    select * from {{ ref('stg_marketo__activities') }}
    where not is_deleted

),

marketo_activity_types as (

    select
        activity_type_id,
        {{ snake_cased('activity_type') }} as source_type
    from {{ ref('stg_marketo__activity_types') }}

),

marketo_programs as (

    select * from {{ ref('stg_marketo__programs') }}

),

marketo_program_members as (

    select * from {{ ref('stg_marketo__program_members') }}
    where not is_deleted and has_reached_success and reached_success_at is not null

),

-- Nobody did what others planned for them: only who responded was touched.
salesforce_campaign_members as (

    select * from {{ ref('stg_salesforce__campaign_members') }}
    where not is_deleted and has_responded

),

salesforce_campaigns as (

    select * from {{ ref('stg_salesforce__campaigns') }}

),

track_events as (

    select * from {{ ref('stg_events__events') }}
    where not is_deleted and event_type = 'track' and event_name is not null

),

emails_by_campaign as (

    select
        email_campaign_id,
        {{ first_by('campaign_id', 'marketing_email_name') }} as campaign_id,
        {{ first_by('marketing_email_name', 'marketing_email_name') }} as marketing_email_name,
        {{ first_by('marketing_email_type', 'marketing_email_name') }} as marketing_email_type
    from hubspot_marketing_emails
    group by email_campaign_id

),

typed_activities as (

    select
        activities.*,
        types.source_type,
        case
            when contains(types.source_type, 'email') then split_part(activities.asset_name, '.', 1)
        end as email_program_name
    from marketo_activities as activities
    inner join marketo_activity_types as types
        on activities.activity_type_id = types.activity_type_id

),

-- Marketo calls an e-mail that belongs to a program `Program.E-mail`.
programs_by_name as (

    select
        program_name,
        min(program_id) as program_id
    from marketo_programs
    group by program_name
    having count(*) = 1

),

progressions as (

    select *
    from typed_activities
    where source_type = 'change_status_in_progression'

),

-- A success that the log does not show: it was purged, or the member came in by an import.
unlogged_successes as (

    select members.*
    from marketo_program_members as members
    left join progressions
        on
            members.program_id = progressions.asset_id
            and members.lead_id = progressions.lead_id
            and members.status = progressions.new_status
    where progressions.activity_id is null

),

final as (

    select
        'hubspot' as source,
        'form_submissions' as source_object,
        submissions.form_submission_id as source_record_id,
        'form_submission' as source_type,
        cast(null as varchar) as source_status,
        cast(null as varchar) as person_reference,
        submissions.email,
        cast(null as varchar) as visitor,
        cast(null as varchar) as campaign_reference,
        'form' as asset_kind,
        forms.form_name as asset_name,
        submissions.page_url,
        submissions.page_url as link,
        cast(null as varchar) as referrer,
        submissions.submitted_at as occurred_at,
        false as is_day_only,
        false as is_key_event,
        submissions._extracted_at
    from hubspot_form_submissions as submissions
    left join hubspot_forms as forms
        on submissions.form_id = forms.form_id

    union all by name

    select
        'hubspot' as source,
        'email_events' as source_object,
        events.email_event_id as source_record_id,
        'email_' || events.event_type as source_type,
        coalesce(
            events.subscription_status, {{ snake_cased('emails.marketing_email_type') }}
        ) as source_status,
        events.recipient_email as email,
        {{ record_reference('hubspot', 'campaigns', 'emails.campaign_id') }} as campaign_reference,
        'email' as asset_kind,
        emails.marketing_email_name as asset_name,
        events.occurred_at,
        false as is_day_only,
        events._extracted_at
    from hubspot_email_events as events
    left join emails_by_campaign as emails
        on events.email_campaign_id = emails.email_campaign_id

    union all by name

    select
        'marketo' as source,
        'activities' as source_object,
        activities.activity_id as source_record_id,
        activities.source_type,
        {{ record_reference('marketo', 'leads', 'activities.lead_id') }} as person_reference,
        {{ record_reference('marketo', 'programs', 'programs.program_id') }} as campaign_reference,
        case
            when activities.source_type = 'fill_out_form' then 'form'
            when activities.source_type in ('visit_webpage', 'click_link') then 'page'
            when contains(activities.source_type, 'email') then 'email'
        end as asset_kind,
        activities.asset_name,
        case
            when activities.source_type = 'visit_webpage' then activities.asset_name
            else activities.page_url
        end as page_url,
        coalesce(activities.query_parameters, activities.page_url) as link,
        activities.referrer_url as referrer,
        activities.occurred_at,
        false as is_day_only,
        activities._extracted_at
    from typed_activities as activities
    left join programs_by_name as programs
        on activities.email_program_name = programs.program_name
    where activities.source_type != 'change_status_in_progression'

    union all by name

    select
        'marketo' as source,
        'activities' as source_object,
        progressions.activity_id as source_record_id,
        'program_' || {{ snake_cased('programs.channel') }} as source_type,
        {{ snake_cased('progressions.new_status') }} as source_status,
        {{ record_reference('marketo', 'leads', 'progressions.lead_id') }} as person_reference,
        {{ record_reference('marketo', 'programs', 'progressions.asset_id') }}
            as campaign_reference,
        'program' as asset_kind,
        progressions.asset_name,
        progressions.occurred_at,
        false as is_day_only,
        progressions._extracted_at
    from progressions
    inner join marketo_programs as programs
        on progressions.asset_id = programs.program_id

    union all by name

    select
        'marketo' as source,
        'program_members' as source_object,
        members.program_member_id as source_record_id,
        'program_' || {{ snake_cased('programs.channel') }} as source_type,
        {{ snake_cased('members.status') }} as source_status,
        {{ record_reference('marketo', 'leads', 'members.lead_id') }} as person_reference,
        {{ record_reference('marketo', 'programs', 'members.program_id') }} as campaign_reference,
        'program' as asset_kind,
        programs.program_name as asset_name,
        members.reached_success_at as occurred_at,
        false as is_day_only,
        members._extracted_at
    from unlogged_successes as members
    inner join marketo_programs as programs
        on members.program_id = programs.program_id

    union all by name

    -- A member of the first day responded when they came in; of a later one, only the day is known.
    select
        'salesforce' as source,
        'campaign_members' as source_object,
        members.campaign_member_id as source_record_id,
        concat_ws('_', 'campaign', {{ snake_cased('campaigns.campaign_type') }}) as source_type,
        {{ snake_cased('members.member_status') }} as source_status,
        coalesce(
            {{ record_reference('salesforce', 'contacts', 'members.contact_id') }},
            {{ record_reference('salesforce', 'leads', 'members.lead_id') }}
        ) as person_reference,
        {{ record_reference('salesforce', 'campaigns', 'members.campaign_id') }}
            as campaign_reference,
        'campaign' as asset_kind,
        campaigns.campaign_name as asset_name,
        case
            when
                members.first_responded_date is null
                or members.first_responded_date = {{ business_date('members.created_at') }}
                then members.created_at
            else {{ business_day_start('members.first_responded_date') }}
        end as occurred_at,
        true as is_day_only,
        members._extracted_at
    from salesforce_campaign_members as members
    left join salesforce_campaigns as campaigns
        on members.campaign_id = campaigns.campaign_id

    union all by name

    select
        'events' as source,
        'events' as source_object,
        event_id as source_record_id,
        {{ snake_cased('event_name') }} as source_type,
        {{ record_reference('database', 'users', 'user_id') }} as person_reference,
        coalesce(anonymous_id, previous_id, 'user ' || user_id) as visitor,
        'form' as asset_kind,
        asset_name,
        page_url,
        page_url as link,
        referrer,
        occurred_at,
        false as is_day_only,
        is_key_event,
        _extracted_at
    from track_events

)

select
    source || ':' || source_object || ':' || source_record_id as record_reference,
    *
from final
