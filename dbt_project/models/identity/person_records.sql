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
        country as country_name,
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
        mailing_country as country_name,
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
        null as country_name,
        null as source_channel,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from zendesk_end_users

),

addressed as (

    select
        *,
        {{ reference_parts('record_reference') }},
        {{ valid_email(folded('source_email')) }} as normalised_email
    from records

),

-- A provider's domain tells nothing about where somebody works.
work_domains as (

    select
        record_reference,
        {{ registrable_domain("split_part(normalised_email, '@', 2)") }} as work_domain
    from addressed
    where
        not {{ is_shared_domain("split_part(normalised_email, '@', 2)") }}
        and not {{ is_shared_domain(registrable_domain("split_part(normalised_email, '@', 2)")) }}

),

final as (

    select
        addressed.*,
        shared_mailboxes.local_part is not null as is_shared_mailbox,
        work_domains.work_domain
    from addressed
    left join shared_mailboxes
        on split_part(addressed.normalised_email, '@', 1) = shared_mailboxes.local_part
    left join work_domains
        on addressed.record_reference = work_domains.record_reference

)

select * from final
