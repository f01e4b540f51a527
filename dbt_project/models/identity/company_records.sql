with

hubspot_companies as (

    select * from {{ ref('stg_hubspot__companies') }}

),

salesforce_accounts as (

    select * from {{ ref('stg_salesforce__accounts') }}

),

zendesk_organizations as (

    select * from {{ ref('stg_zendesk__organizations') }}

),

records as (

    select
        {{ record_reference('hubspot', 'companies', 'company_id') }} as record_reference,
        company_name,
        [domain, website] as candidate_domains,
        country as country_name,
        industry,
        number_of_employees as employee_count,
        {{ record_reference('hubspot', 'owners', 'owner_id') }} as owner_reference,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from hubspot_companies

    union all

    select
        {{ record_reference('salesforce', 'accounts', 'account_id') }} as record_reference,
        account_name as company_name,
        [website] as candidate_domains,
        billing_country as country_name,
        industry,
        number_of_employees as employee_count,
        {{ record_reference('salesforce', 'users', 'owner_id') }} as owner_reference,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from salesforce_accounts

    union all

    select
        {{ record_reference('zendesk', 'organizations', 'organization_id') }} as record_reference,
        organization_name as company_name,
        domain_names as candidate_domains,
        null as country_name,
        null as industry,
        null as employee_count,
        null as owner_reference,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from zendesk_organizations

),

candidates as (

    select
        record_reference,
        {{ each_entry('candidate_domains') }}
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
        records.*,
        {{ reference_parts('records.record_reference') }},
        own_domains.normalised_domain,
        {{ normalised_company_name(folded('records.company_name')) }} as normalised_name
    from records
    left join own_domains
        on records.record_reference = own_domains.record_reference

)

select * from final
