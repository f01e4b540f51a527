with

hubspot_contacts as (

    select * from {{ ref('stg_hubspot__contacts') }}

),

salesforce_contacts as (

    select * from {{ ref('stg_salesforce__contacts') }}

),

-- Agents and admins are our own staff, not the customer's people.
zendesk_end_users as (

    select * from {{ ref('stg_zendesk__users') }}
    where role = 'end-user' or role is null

),

shared_domains as (

    select domain from {{ ref('free_mail_domains') }}

),

shared_mailboxes as (

    select local_part from {{ ref('shared_mailboxes') }}

),

records as (

    select
        {{ record_reference('hubspot', 'contacts', 'contact_id') }} as record_reference,
        {{ record_reference('hubspot', 'companies', 'company_id') }} as company_reference,
        {{ full_name('first_name', 'last_name') }} as full_name,
        email as source_email,
        job_title as title,
        null as department,
        country,
        analytics_source as source_channel,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from hubspot_contacts

    union all

    select
        {{ record_reference('salesforce', 'contacts', 'contact_id') }} as record_reference,
        {{ record_reference('salesforce', 'accounts', 'account_id') }} as company_reference,
        {{ full_name('first_name', 'last_name') }} as full_name,
        email as source_email,
        title,
        department,
        mailing_country as country,
        lead_source as source_channel,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from salesforce_contacts

    union all

    select
        {{ record_reference('zendesk', 'users', 'user_id') }} as record_reference,
        {{ record_reference('zendesk', 'organizations', 'organization_id') }} as company_reference,
        user_name as full_name,
        email as source_email,
        null as title,
        null as department,
        null as country,
        null as source_channel,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from zendesk_end_users

),

addressed as (

    select
        * exclude (source_email),
        {{ valid_email(folded('source_email')) }} as normalised_email
    from records

),

final as (

    select
        *,
        {{ reference_parts('record_reference') }},
        coalesce(split_part(normalised_email, '@', 1) in (select local_part from shared_mailboxes), false)
            as is_shared_mailbox,
        case
            when
                split_part(normalised_email, '@', 2) not in (select domain from shared_domains)
                and {{ registrable_domain('normalised_email') }} not in (select domain from shared_domains)
                then {{ registrable_domain('normalised_email') }}
        end as work_domain
    from addressed

)

select * from final
