with

person_map as (

    select * from {{ ref('person_map') }}
    where
        source = 'hubspot'
        and source_object = 'contacts'
        and not is_deleted

),

people as (

    select * from {{ ref('people') }}

),

target_accounts as (

    select * from {{ ref('target_account') }}

),

-- A list is there to be written to: who has said no to any tool is not on it.
reachable as (

    select person_id from {{ ref('advertising_consent') }}
    where not has_refused

),

final as (

    select
        person_map.source_record_id as hubspot_contact_id,
        people.person_id,
        people.account_id
    from person_map
    inner join people on person_map.person_id = people.person_id
    inner join target_accounts on people.account_id = target_accounts.account_id
    inner join reachable on people.person_id = reachable.person_id

)

select * from final
