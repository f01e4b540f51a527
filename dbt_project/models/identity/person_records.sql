{{
    config(
        materialized='by_key',
        meta={
            'by_key': {
                'key': 'record_reference',
                'inputs': {
                    'stg_hubspot__contacts': [
                        record_reference('hubspot', 'contacts', 'contact_id'),
                    ],
                    'stg_salesforce__contacts': [
                        record_reference('salesforce', 'contacts', 'contact_id'),
                    ],
                    'stg_salesforce__leads': [record_reference('salesforce', 'leads', 'lead_id')],
                    'stg_marketo__leads': [record_reference('marketo', 'leads', 'lead_id')],
                    'stg_marketo__merges': [record_reference('marketo', 'leads', 'lead_id')],
                    'stg_zendesk__users': [record_reference('zendesk', 'users', 'user_id')],
                    'stg_intercom__contacts': [
                        record_reference('intercom', 'contacts', 'contact_id'),
                    ],
                    'stg_database__users': [record_reference('database', 'users', 'user_id')],
                },
            },
        }
    )
}}
with

hubspot_contacts as (

    select * from {{ affected('stg_hubspot__contacts') }}

),

salesforce_contacts as (

    select * from {{ affected('stg_salesforce__contacts') }}

),

salesforce_leads as (

    select * from {{ affected('stg_salesforce__leads') }}

),

marketo_merges as (

    select
        lead_id as loser_lead_id,
        max(merged_into_lead_id) as winner_lead_id
    from {{ affected('stg_marketo__merges') }}
    where not is_deleted
    group by lead_id

),

marketo_leads as (

    select
        leads.*,
        marketo_merges.winner_lead_id
    from {{ affected('stg_marketo__leads') }} as leads
    left join marketo_merges
        on leads.lead_id = marketo_merges.loser_lead_id

),

-- Agents and admins are our own staff, not the customer's people.
zendesk_end_users as (

    select * from {{ affected('stg_zendesk__users') }}
    where role = 'end-user' or role is null

),

intercom_contacts as (

    select * from {{ affected('stg_intercom__contacts') }}

),

database_users as (

    select * from {{ affected('stg_database__users') }}

),

shared_mailboxes as (

    select local_part from {{ ref('shared_mailboxes') }}

),

-- Columns that a tool does not have are null; every one of them is listed in the last step.
records as (

    select
        {{ record_reference('hubspot', 'contacts', 'contact_id') }} as record_reference,
        {{ record_reference('hubspot', 'companies', 'company_id') }} as company_reference,
        first_name as given_name,
        last_name as family_name,
        {{ full_name('first_name', 'last_name') }} as full_name,
        email as source_email,
        {{ split_text(json_text('properties', '$.hs_additional_emails'), ';') }} as other_emails,
        [phone, {{ json_text('properties', '$.mobilephone') }}] as phones,
        {{ json_text('properties', '$.company') }} as company_name,
        [{{ json_text('properties', '$.website') }}] as websites,
        {{ json_text('properties', '$.address') }} as street,
        {{ json_text('properties', '$.city') }} as city,
        {{ json_text('properties', '$.state') }} as prefecture,
        {{ json_text('properties', '$.zip') }} as postcode,
        job_title as title,
        country as country_name,
        analytics_source as source_channel,
        {{ as_boolean(json_text('properties', '$.hs_email_optout')) }} as has_opted_out,
        list_concat(
            {{ record_references('hubspot', 'contacts', 'merged_contact_ids') }},
            [
                {{ salesforce_reference(
                    'contacts', json_text('properties', '$.salesforcecontactid')
                ) }},
                {{ salesforce_reference('leads', json_text('properties', '$.salesforceleadid')) }}
            ]
        ) as links,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from hubspot_contacts

    union all by name

    select
        {{ record_reference('salesforce', 'contacts', 'contact_id') }} as record_reference,
        {{ record_reference('salesforce', 'accounts', 'account_id') }} as company_reference,
        first_name as given_name,
        last_name as family_name,
        {{ full_name('first_name', 'last_name') }} as full_name,
        email as source_email,
        [phone] as phones,
        title,
        department,
        mailing_country as country_name,
        lead_source as source_channel,
        [{{ record_reference('salesforce', 'contacts', 'merged_into_id') }}] as links,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from salesforce_contacts

    union all by name

    -- A converted lead is the contact that was made of it.
    select
        {{ record_reference('salesforce', 'leads', 'lead_id') }} as record_reference,
        {{ record_reference('salesforce', 'accounts', 'converted_account_id') }}
            as company_reference,
        first_name as given_name,
        last_name as family_name,
        {{ full_name('first_name', 'last_name') }} as full_name,
        email as source_email,
        [phone] as phones,
        company_name,
        [website] as websites,
        title,
        country as country_name,
        lead_source as source_channel,
        [
            {{ record_reference('salesforce', 'contacts', 'converted_contact_id') }},
            {{ record_reference('salesforce', 'leads', 'merged_into_id') }}
        ] as links,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from salesforce_leads

    union all by name

    select
        {{ record_reference('marketo', 'leads', 'lead_id') }} as record_reference,
        {{ salesforce_reference('accounts', 'salesforce_account_id') }}
            as company_reference,
        first_name as given_name,
        last_name as family_name,
        {{ full_name('first_name', 'last_name') }} as full_name,
        email as source_email,
        [phone] as phones,
        company_name,
        job_title as title,
        country as country_name,
        coalesce(lead_source, original_source_type) as source_channel,
        is_unsubscribed as has_opted_out,
        is_email_invalid as is_undeliverable,
        [
            {{ salesforce_reference('contacts', 'salesforce_contact_id') }},
            {{ record_reference('marketo', 'leads', 'winner_lead_id') }}
        ] as links,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from marketo_leads

    union all by name

    select
        {{ record_reference('zendesk', 'users', 'user_id') }} as record_reference,
        {{ record_reference('zendesk', 'organizations', 'organization_id') }} as company_reference,
        user_name as full_name,
        email as source_email,
        [phone] as phones,
        locale,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from zendesk_end_users

    union all by name

    select
        {{ record_reference('intercom', 'contacts', 'contact_id') }} as record_reference,
        {{ record_reference('intercom', 'companies', 'company_ids[1]') }} as company_reference,
        contact_name as full_name,
        email as source_email,
        [phone] as phones,
        country as country_name,
        has_unsubscribed as has_opted_out,
        has_hard_bounced as is_undeliverable,
        [
            {{ record_reference('database', 'users', 'external_id') }},
            {{ salesforce_reference('contacts', 'external_id') }}
        ] as links,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from intercom_contacts

    union all by name

    select
        {{ record_reference('database', 'users', 'user_id') }} as record_reference,
        {{ record_reference('database', 'customers', 'customer_id') }} as company_reference,
        email as source_email,
        is_deleted,
        created_at,
        coalesce(last_seen_at, created_at) as updated_at,
        _extracted_at
    from database_users

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
        addressed.record_reference,
        addressed.source,
        addressed.source_object,
        addressed.source_record_id,
        addressed.company_reference,
        addressed.given_name,
        addressed.family_name,
        addressed.full_name,
        addressed.source_email,
        addressed.normalised_email,
        shared_mailboxes.local_part is not null as is_shared_mailbox,
        work_domains.work_domain,
        {{ without_nulls('list_prepend(addressed.source_email, addressed.other_emails)') }}
            as emails,
        {{ without_nulls('addressed.phones') }} as phones,
        addressed.company_name,
        {{ without_nulls('addressed.websites') }} as websites,
        addressed.street,
        addressed.city,
        addressed.prefecture,
        addressed.postcode,
        addressed.country_name,
        addressed.locale,
        addressed.title,
        addressed.department,
        addressed.source_channel,
        addressed.has_opted_out,
        coalesce(addressed.is_undeliverable, false) as is_undeliverable,
        {{ without_nulls('addressed.links') }} as links,
        addressed.is_deleted,
        addressed.created_at,
        addressed.updated_at,
        addressed._extracted_at
    from addressed
    left join shared_mailboxes
        on split_part(addressed.normalised_email, '@', 1) = shared_mailboxes.local_part
    left join work_domains
        on addressed.record_reference = work_domains.record_reference

)

select * from final
