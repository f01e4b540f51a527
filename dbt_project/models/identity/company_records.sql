{{
    config(
        materialized='by_key',
        meta={
            'by_key': {
                'key': 'record_reference',
                'inputs': {
                    'stg_hubspot__companies': [
                        record_reference('hubspot', 'companies', 'company_id'),
                    ],
                    'stg_hubspot__associations': [
                        record_reference('hubspot', 'companies', 'from_object_id'),
                    ],
                    'stg_salesforce__accounts': [
                        record_reference('salesforce', 'accounts', 'account_id'),
                    ],
                    'stg_zendesk__organizations': [
                        record_reference('zendesk', 'organizations', 'organization_id'),
                    ],
                    'stg_zendesk__organization_merges': [
                        record_reference('zendesk', 'organizations', 'loser_organization_id'),
                    ],
                    'stg_intercom__companies': [
                        record_reference('intercom', 'companies', 'company_id'),
                    ],
                    'stg_stripe__customers': [
                        record_reference('stripe', 'customers', 'customer_id'),
                    ],
                    'stg_database__customers': [
                        record_reference('database', 'customers', 'customer_id'),
                    ],
                },
            },
        }
    )
}}
with

hubspot_parents as (

    select
        from_object_id as child_company_id,
        min(to_object_id) as parent_company_id
    from {{ affected('stg_hubspot__associations') }}
    where
        not is_deleted
        and from_object_type = 'companies'
        and to_object_type = 'companies'
        -- What HubSpot's own type 14 points to is the parent of what it points from.
        and association_category = 'hubspot_defined'
        and association_type_id = '14'
    group by from_object_id

),

hubspot_companies as (

    select
        companies.*,
        hubspot_parents.parent_company_id
    from {{ affected('stg_hubspot__companies') }} as companies
    left join hubspot_parents
        on companies.company_id = hubspot_parents.child_company_id

),

salesforce_accounts as (

    select * from {{ affected('stg_salesforce__accounts') }}

),

zendesk_merges as (

    select
        loser_organization_id,
        max(winner_organization_id) as winner_organization_id
    from {{ affected('stg_zendesk__organization_merges') }}
    where not is_deleted
    group by loser_organization_id

),

zendesk_organizations as (

    select
        organizations.*,
        zendesk_merges.winner_organization_id
    from {{ affected('stg_zendesk__organizations') }} as organizations
    left join zendesk_merges
        on organizations.organization_id = zendesk_merges.loser_organization_id

),

intercom_companies as (

    select * from {{ affected('stg_intercom__companies') }}

),

stripe_customers as (

    select * from {{ affected('stg_stripe__customers') }}

),

database_customers as (

    select * from {{ affected('stg_database__customers') }}

),

-- Columns that a tool does not have are null; every one of them is listed in the last step.
records as (

    select
        {{ record_reference('hubspot', 'companies', 'company_id') }}
            as record_reference,
        company_name,
        [domain, website] as websites,
        [{{ json_text('properties', '$.phone') }}] as phones,
        {{ first_property('properties', var('corporate_number_properties')) }} as corporate_number,
        {{ json_text('properties', '$.address') }} as street,
        {{ json_text('properties', '$.city') }} as city,
        {{ json_text('properties', '$.state') }} as prefecture,
        {{ json_text('properties', '$.zip') }} as postcode,
        country as country_name,
        industry,
        number_of_employees as employee_count,
        {{ first_property('properties', var('segment_fields')) }} as segment,
        {{ as_known_boolean(first_property('properties', var('target_account_fields'))) }}
            as is_target_account,
        {{ record_reference('hubspot', 'owners', 'owner_id') }} as owner_reference,
        {{ record_reference('hubspot', 'companies', 'parent_company_id') }}
            as parent_reference,
        list_concat(
            {{ record_references('hubspot', 'companies', 'merged_company_ids') }},
            [
                {{ salesforce_reference(
                    'accounts', json_text('properties', '$.salesforceaccountid')
                ) }}
            ]
        ) as links,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from hubspot_companies

    union all by name

    select
        {{ record_reference('salesforce', 'accounts', 'account_id') }} as record_reference,
        account_name as company_name,
        [website] as websites,
        billing_country as country_name,
        industry,
        number_of_employees as employee_count,
        {{ first_property('fields', var('segment_fields')) }} as segment,
        {{ as_known_boolean(first_property('fields', var('target_account_fields'))) }}
            as is_target_account,
        upper(currency) as billing_currency,
        {{ record_reference('salesforce', 'users', 'owner_id') }} as owner_reference,
        {{ record_reference('salesforce', 'accounts', 'parent_account_id') }} as parent_reference,
        [{{ record_reference('salesforce', 'accounts', 'merged_into_id') }}] as links,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from salesforce_accounts

    union all by name

    select
        {{ record_reference('zendesk', 'organizations', 'organization_id') }} as record_reference,
        organization_name as company_name,
        domain_names as websites,
        [
            {{ salesforce_reference('accounts', 'external_id') }},
            {{ record_reference('zendesk', 'organizations', 'winner_organization_id') }}
        ] as links,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from zendesk_organizations

    union all by name

    select
        {{ record_reference('intercom', 'companies', 'company_id') }} as record_reference,
        company_name,
        [website] as websites,
        industry,
        employee_count,
        [
            {{ record_reference('database', 'customers', 'external_id') }},
            {{ salesforce_reference('accounts', 'external_id') }}
        ] as links,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from intercom_companies

    union all by name

    -- Stripe tells no instant of the last change.
    select
        {{ record_reference('stripe', 'customers', 'customer_id') }} as record_reference,
        customer_name as company_name,
        [domain] as websites,
        [email] as emails,
        [phone] as phones,
        country as country_name,
        billing_currency,
        [
            {{ salesforce_reference('accounts', 'salesforce_account_id') }},
            {{ record_reference('hubspot', 'companies', 'hubspot_company_id') }}
        ] as links,
        is_deleted,
        created_at,
        created_at as updated_at,
        _extracted_at
    from stripe_customers

    union all by name

    select
        {{ record_reference('database', 'customers', 'customer_id') }} as record_reference,
        company_name,
        [domain] as websites,
        [billing_email] as emails,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from database_customers

),

candidates as (

    select
        record_reference,
        {{ each_entry('websites') }}
    from records

),

hosts as (

    select
        record_reference,
        entry_position,
        {{ host_of(folded('entry')) }} as host
    from candidates

),

-- A site on a shared host, or a mail provider's domain, is nobody's own.
own_domains as (

    select
        record_reference,
        {{ first_by(registrable_domain('host'), 'entry_position') }} as normalised_domain
    from hosts
    where
        not {{ is_shared_domain('host') }}
        and not {{ is_shared_domain(registrable_domain('host')) }}
    group by record_reference

),

final as (

    select
        records.record_reference,
        {{ reference_parts('records.record_reference') }},
        records.company_name,
        {{ normalised_company_name(folded('records.company_name')) }} as normalised_name,
        records.corporate_number,
        {{ without_nulls('records.websites') }} as websites,
        own_domains.normalised_domain,
        {{ without_nulls('records.emails') }} as emails,
        {{ without_nulls('records.phones') }} as phones,
        records.street,
        records.city,
        records.prefecture,
        records.postcode,
        records.country_name,
        records.industry,
        records.employee_count,
        records.segment,
        records.is_target_account,
        records.billing_currency,
        records.owner_reference,
        records.parent_reference,
        {{ without_nulls('records.links') }} as links,
        records.is_deleted,
        records.created_at,
        records.updated_at,
        records._extracted_at
    from records
    left join own_domains
        on records.record_reference = own_domains.record_reference

)

select * from final
