with

salesforce_roles as (

    select * from {{ ref('stg_salesforce__opportunity_contact_roles') }}
    where not is_deleted

),

hubspot_roles as (

    select * from {{ ref('stg_hubspot__associations') }}
    where not is_deleted and from_object_type = 'deals' and to_object_type = 'contacts'

),

hubspot_contacts as (

    select * from {{ ref('stg_hubspot__contacts') }}

),

opportunity_map as (

    select * from {{ ref('opportunity_map') }}

),

person_map as (

    select * from {{ ref('person_map') }}

),

-- Two labels of one pair are two rows; the tool tells no time, so the contact's age stands for it.
hubspot_parts as (

    select
        hubspot_roles.from_object_id as deal_id,
        hubspot_roles.to_object_id as contact_id,
        min(hubspot_roles.association_label) as role,
        coalesce(
            bool_or(
                {{ is_primary_contact_label(folded('hubspot_roles.association_label')) }}
            ),
            false
        ) as is_marked,
        min(hubspot_contacts.created_at) as began_at,
        max(hubspot_roles._extracted_at) as _extracted_at
    from hubspot_roles
    left join hubspot_contacts
        on hubspot_roles.to_object_id = hubspot_contacts.contact_id
    group by hubspot_roles.from_object_id, hubspot_roles.to_object_id

),

told as (

    select
        {{ record_reference('salesforce', 'opportunities', 'opportunity_id') }}
            as opportunity_reference,
        {{ record_reference('salesforce', 'contacts', 'contact_id') }} as person_reference,
        role,
        is_primary as is_marked,
        created_at as began_at,
        'salesforce' as source,
        opportunity_contact_role_id as source_record_id,
        _extracted_at
    from salesforce_roles

    union all

    select
        {{ record_reference('hubspot', 'deals', 'deal_id') }} as opportunity_reference,
        {{ record_reference('hubspot', 'contacts', 'contact_id') }} as person_reference,
        role,
        is_marked,
        began_at,
        'hubspot' as source,
        deal_id || '/' || contact_id as source_record_id,
        _extracted_at
    from hubspot_parts

),

resolved as (

    select
        opportunity_map.opportunity_id,
        person_map.person_id,
        coalesce(person_map.person_id, told.person_reference) as part_taker,
        told.*,
        {{ fact_precedence('opportunity_contact_role', 'told.source') }} as precedence
    from told
    inner join opportunity_map
        on told.opportunity_reference = opportunity_map.record_reference
    left join person_map
        on told.person_reference = person_map.record_reference

),

-- Of two tools that hold the opportunity, the first that names anybody names all.
believed as (

    select * from resolved
    qualify precedence = min(precedence) over (partition by opportunity_id)

),

-- One primary at most. HubSpot marks none by itself: there the first contact is it.
ranked as (

    select
        *,
        row_number() over (
            partition by opportunity_id
            order by is_marked desc, began_at asc nulls last, source_record_id asc
        ) as place
    from believed

),

-- Several records of one person have one part.
unified as (

    select
        opportunity_id,
        part_taker,
        min(person_id) as person_id,
        bool_or(place = 1 and (is_marked or source = 'hubspot')) as is_primary,
        {{ first_by('role', 'place') }} as role,
        {{ first_by('source', 'place') }} as source,
        {{ first_by('source_record_id', 'place') }} as source_record_id,
        max(_extracted_at) as _extracted_at
    from ranked
    group by opportunity_id, part_taker

),

final as (

    select
        opportunity_id,
        person_id,
        is_primary,
        role,
        opportunity_id || '/' || part_taker as opportunity_contact_role_id,
        source,
        source_record_id,
        _extracted_at
    from unified

)

select * from final
