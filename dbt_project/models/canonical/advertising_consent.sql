with

hubspot_contacts as (

    select * from {{ ref('stg_hubspot__contacts') }}

),

salesforce_contacts as (

    select * from {{ ref('stg_salesforce__contacts') }}

),

salesforce_leads as (

    select * from {{ ref('stg_salesforce__leads') }}

),

person_map as (

    select * from {{ ref('person_map') }}

),

person as (

    select * from {{ ref('person') }}
    where not is_deleted

),

-- Who unsubscribed from one kind of e-mail has not opted out of all, but has said no.
unsubscribed as (

    select distinct person_id
    from {{ ref('touch') }}
    where touch_type = 'unsubscribed' and person_id is not null

),

shared_mailboxes as (

    select * from {{ ref('shared_mailboxes') }}

),

told as (

    select
        {{ record_reference('hubspot', 'contacts', 'contact_id') }} as record_reference,
        {{ as_known_boolean(first_property('properties', var('ad_consent_fields'))) }}
            as has_agreed
    from hubspot_contacts

    union all

    select
        {{ record_reference('salesforce', 'contacts', 'contact_id') }} as record_reference,
        {{ as_known_boolean(first_property('fields', var('ad_consent_fields'))) }} as has_agreed
    from salesforce_contacts

    union all

    select
        {{ record_reference('salesforce', 'leads', 'lead_id') }} as record_reference,
        {{ as_known_boolean(first_property('fields', var('ad_consent_fields'))) }} as has_agreed
    from salesforce_leads

),

-- A no outlives the record that it was said in; a yes does not.
answered as (

    select
        person_map.person_id,
        bool_or(told.has_agreed and not person_map.is_deleted) as has_agreed,
        bool_or(not told.has_agreed) as has_disagreed
    from told
    inner join person_map
        on told.record_reference = person_map.record_reference
    where told.has_agreed is not null
    group by person_map.person_id

),

judged as (

    select
        person.person_id,
        person.email,
        coalesce(answered.has_agreed, false) as has_agreed,
        coalesce(person.has_opted_out, false)
        or coalesce(answered.has_disagreed, false)
        or unsubscribed.person_id is not null as has_refused
    from person
    left join answered
        on person.person_id = answered.person_id
    left join unsubscribed
        on person.person_id = unsubscribed.person_id

),

consented as (

    select
        *,
        has_agreed and not has_refused as has_consented
    from judged

),

-- What several people read stands for none of them; of two with one address, both must have agreed.
addresses as (

    select consented.email
    from consented
    left join shared_mailboxes
        on split_part(consented.email, '@', 1) = shared_mailboxes.local_part
    where shared_mailboxes.local_part is null
    group by consented.email
    having bool_and(consented.has_consented)

),

final as (

    select
        consented.person_id,
        consented.has_refused,
        consented.has_consented,
        addresses.email
    from consented
    left join addresses
        on consented.email = addresses.email

)

select * from final
