with

tickets as (

    select * from {{ ref('stg_zendesk__tickets') }}

),

users as (

    select * from {{ ref('stg_zendesk__users') }}

),

account_map as (

    select * from {{ ref('account_map') }}

),

person_map as (

    select * from {{ ref('person_map') }}

),

person as (

    select * from {{ ref('person') }}

),

referenced as (

    select
        *,
        {{ record_reference('zendesk', 'tickets', 'ticket_id') }} as record_reference,
        {{ record_reference('zendesk', 'organizations', 'organization_id') }} as company_reference,
        {{ record_reference('zendesk', 'users', 'requester_id') }} as requester_reference
    from tickets

),

final as (

    select
        {{ entity_id('tic', 'referenced.record_reference') }} as ticket_id,
        coalesce(account_map.account_id, person.account_id) as account_id,
        person_map.person_id as requester_person_id,
        cast(null as varchar) as schedule_id,
        referenced.created_at,
        case when submitters.role in ('agent', 'admin') then 'agent' else 'end_user' end
            as created_by,
        referenced.priority,
        case when referenced.is_deleted then 'deleted' else referenced.status end as current_status,
        cast(null as varchar) as merged_into_ticket_id,
        referenced.is_deleted,
        'zendesk' as source,
        referenced.ticket_id as source_record_id,
        referenced._extracted_at
    from referenced
    left join users as submitters
        on referenced.submitter_id = submitters.user_id
    left join account_map
        on referenced.company_reference = account_map.record_reference
    left join person_map
        on referenced.requester_reference = person_map.record_reference
    left join person
        on person_map.person_id = person.person_id

)

select * from final
