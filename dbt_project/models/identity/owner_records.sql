with

hubspot_owners as (

    select * from {{ ref('stg_hubspot__owners') }}

),

salesforce_users as (

    select * from {{ ref('stg_salesforce__users') }}

),

records as (

    select
        {{ record_reference('hubspot', 'owners', 'owner_id') }} as record_reference,
        {{ full_name('first_name', 'last_name') }} as owner_name,
        email as source_email,
        team,
        null as manager_reference,
        not is_deleted as is_active,
        null as last_login_at,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from hubspot_owners

    union all

    select
        {{ record_reference('salesforce', 'users', 'user_id') }} as record_reference,
        user_name as owner_name,
        email as source_email,
        department as team,
        {{ record_reference('salesforce', 'users', 'manager_id') }} as manager_reference,
        is_active,
        last_login_at,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from salesforce_users

),

final as (

    select
        *,
        {{ reference_parts('record_reference') }},
        {{ valid_email(folded('source_email')) }} as normalised_email
    from records

)

select * from final
