with

stage_map as (

    select * from {{ ref('person_stage_map') }}

),

hubspot_histories as (

    select * from {{ ref('stg_hubspot__property_histories') }}
    where object_type = 'contacts' and not is_deleted and entered_at is not null

),

marketo_leads as (

    select * from {{ ref('stg_marketo__leads') }}
    where not is_deleted

),

marketo_changes as (

    select * from {{ ref('stg_marketo__lead_changes') }}
    where not is_deleted and changed_at is not null

),

salesforce_contacts as (

    select * from {{ ref('stg_salesforce__contacts') }}

),

salesforce_leads as (

    select * from {{ ref('stg_salesforce__leads') }}
    where not is_deleted

),

salesforce_lead_versions as (

    select * from {{ ref('stg_salesforce__lead_versions') }}

),

person_map as (

    select * from {{ ref('person_map') }}

),

-- The log does not show what a field was when a lead came in: that is the old value of its first
-- change, or what it still is; of leads older than the log nobody knows since when.
marketo_log as (

    select min(changed_at) as begins_at
    from marketo_changes

),

marketo_first_changes as (

    select
        lead_id,
        field_name,
        -- An empty value is one, too: `first_by` passes over nulls.
        {{ first_by("coalesce(old_value, '')", '(changed_at, activity_id)') }} as first_value
    from marketo_changes
    group by lead_id, field_name

),

marketo_first_values as (

    select
        leads.lead_id,
        changes.field_name,
        changes.first_value,
        leads.created_at,
        leads._extracted_at
    from marketo_leads as leads
    inner join marketo_first_changes as changes
        on leads.lead_id = changes.lead_id

    union all

    select
        leads.lead_id,
        'leadStatus' as field_name,
        leads.lead_status as first_value,
        leads.created_at,
        leads._extracted_at
    from marketo_leads as leads
    left join marketo_first_changes as changes
        on
            leads.lead_id = changes.lead_id
            and changes.field_name = 'leadStatus'
    where changes.lead_id is null

),

salesforce_statuses as (

    select
        *,
        lag(lead_status) over (partition by lead_id order by version_number) as previous_status
    from salesforce_lead_versions

),

-- A status is known to have begun when it was seen to change, or if nothing changed since creation.
salesforce_changes as (

    select
        lead_id,
        lead_status,
        updated_at as entered_at,
        _extracted_at
    from salesforce_statuses
    where
        (version_number = 1 and updated_at = created_at)
        or (version_number > 1 and lead_status is distinct from previous_status)

),

-- Of a conversion only the day is known: it comes after all else that became known of the lead.
salesforce_conversions as (

    select
        leads.lead_id,
        greatest(
            leads.created_at,
            {{ business_day_start('leads.converted_date') }},
            max(changes.entered_at)
        ) as entered_at,
        leads._extracted_at
    from salesforce_leads as leads
    left join salesforce_changes as changes
        on leads.lead_id = changes.lead_id
    where leads.is_converted and leads.converted_date is not null
    group by leads.lead_id, leads.created_at, leads.converted_date, leads._extracted_at

),

valued as (

    select
        'hubspot' as source,
        'contacts' as source_object,
        object_id as source_record_id,
        property_name as property,
        property_value as source_value,
        entered_at,
        _extracted_at
    from hubspot_histories

    union all

    select
        'marketo' as source,
        'leads' as source_object,
        changes.lead_id as source_record_id,
        changes.field_name as property,
        changes.new_value as source_value,
        changes.changed_at as entered_at,
        changes._extracted_at
    from marketo_changes as changes
    inner join marketo_leads as leads
        on changes.lead_id = leads.lead_id

    union all

    select
        'marketo' as source,
        'leads' as source_object,
        first_values.lead_id as source_record_id,
        first_values.field_name as property,
        first_values.first_value as source_value,
        first_values.created_at as entered_at,
        first_values._extracted_at
    from marketo_first_values as first_values
    inner join marketo_log
        on first_values.created_at >= marketo_log.begins_at

    union all

    select
        'salesforce' as source,
        'leads' as source_object,
        changes.lead_id as source_record_id,
        'Status' as property,
        changes.lead_status as source_value,
        changes.entered_at,
        changes._extracted_at
    from salesforce_changes as changes
    inner join salesforce_leads as leads
        on changes.lead_id = leads.lead_id

),

staged as (

    select
        valued.source,
        valued.source_object,
        valued.source_record_id,
        stage_map.stage,
        valued.entered_at,
        valued._extracted_at
    from valued
    inner join stage_map
        on
            valued.source = stage_map.tool
            and valued.property = stage_map.property
            and {{ snake_cased('valued.source_value') }} = stage_map.source_value
    where stage_map.stage is not null

    union all

    select
        'salesforce' as source,
        'leads' as source_object,
        lead_id as source_record_id,
        'SQL' as stage,
        entered_at,
        _extracted_at
    from salesforce_conversions

    union all

    select
        'salesforce' as source,
        'leads' as source_object,
        lead_id as source_record_id,
        'LEAD' as stage,
        created_at as entered_at,
        _extracted_at
    from salesforce_leads

    union all

    -- What was a contact before marketing knew it never was a lead there.
    select
        'marketo' as source,
        'leads' as source_object,
        leads.lead_id as source_record_id,
        'LEAD' as stage,
        leads.created_at as entered_at,
        leads._extracted_at
    from marketo_leads as leads
    left join salesforce_contacts as contacts
        on {{ salesforce_id('leads.salesforce_contact_id') }} = contacts.contact_id
    where contacts.contact_id is null or contacts.created_at > leads.created_at

),

known as (

    select
        staged.*,
        person_map.person_id,
        {{ fact_precedence('person_stage', 'staged.source') }} as source_rank
    from staged
    inner join person_map
        on
            staged.source || ':' || staged.source_object || ':' || staged.source_record_id
            = person_map.record_reference
    where staged.entered_at is not null

),

believed_tools as (

    select
        person_id,
        min(source_rank) as source_rank
    from known
    where stage != 'LEAD'
    group by person_id

),

believed as (

    select known.*
    from known
    inner join believed_tools
        on
            known.person_id = believed_tools.person_id
            and known.source_rank = believed_tools.source_rank

),

beginnings as (

    select
        person_id,
        min(entered_at) as entered_at
    from believed
    group by person_id

),

first_leads as (

    select
        person_id,
        min(entered_at) as entered_at,
        {{ first_by('source', '(entered_at, source_rank, source_record_id)') }} as source,
        {{ first_by('source_record_id', '(entered_at, source_rank, source_record_id)') }}
            as source_record_id,
        {{ first_by('_extracted_at', '(entered_at, source_rank, source_record_id)') }}
            as _extracted_at
    from known
    where stage = 'LEAD'
    group by person_id

),

-- Any tool may have known the person first, unless the believed one has seen more by then.
told as (

    select
        person_id,
        stage,
        entered_at,
        source,
        source_record_id,
        _extracted_at
    from believed

    union all

    select
        first_leads.person_id,
        'LEAD' as stage,
        first_leads.entered_at,
        first_leads.source,
        first_leads.source_record_id,
        first_leads._extracted_at
    from first_leads
    left join beginnings
        on first_leads.person_id = beginnings.person_id
    where beginnings.person_id is null or first_leads.entered_at <= beginnings.entered_at

),

instants as (

    select
        person_id,
        stage,
        entered_at,
        case stage
            when 'LEAD' then 1
            when 'MQL' then 2
            when 'SAL' then 3
            when 'SQL' then 4
            else 5
        end as stage_order,
        min(source) as source,
        {{ first_by('source_record_id', '(source, source_record_id)') }} as source_record_id,
        {{ first_by('_extracted_at', '(source, source_record_id)') }} as _extracted_at
    from told
    group by person_id, stage, entered_at

),

in_order as (

    select
        *,
        lag(stage) over (partition by person_id order by entered_at, stage_order) as previous_stage
    from instants

),

-- A tool that tells the same stage again, as after a sync, tells of no new entry.
final as (

    select
        person_id,
        stage,
        entered_at,
        {{ entity_id(
            'pst', "concat_ws(' ', person_id, stage, " ~ microseconds('entered_at') ~ ")"
        ) }} as person_stage_id,
        source,
        source_record_id,
        _extracted_at
    from in_order
    where stage is distinct from previous_stage

)

select * from final
