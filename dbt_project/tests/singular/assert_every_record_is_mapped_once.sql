-- A record that no map knows silently takes its people, deals and tickets out of every account.
with

staged as (

    select {{ record_reference('hubspot', 'companies', 'company_id') }} as record_reference
    from {{ ref('stg_hubspot__companies') }}

    union all

    select {{ record_reference('salesforce', 'accounts', 'account_id') }} as record_reference
    from {{ ref('stg_salesforce__accounts') }}

    union all

    select {{ record_reference('zendesk', 'organizations', 'organization_id') }} as record_reference
    from {{ ref('stg_zendesk__organizations') }}

    union all

    select {{ record_reference('hubspot', 'contacts', 'contact_id') }} as record_reference
    from {{ ref('stg_hubspot__contacts') }}

    union all

    select {{ record_reference('salesforce', 'contacts', 'contact_id') }} as record_reference
    from {{ ref('stg_salesforce__contacts') }}

    union all

    select {{ record_reference('zendesk', 'users', 'user_id') }} as record_reference
    from {{ ref('stg_zendesk__users') }}
    where role = 'end-user' or role is null

    union all

    select {{ record_reference('intercom', 'companies', 'company_id') }} as record_reference
    from {{ ref('stg_intercom__companies') }}

    union all

    select {{ record_reference('stripe', 'customers', 'customer_id') }} as record_reference
    from {{ ref('stg_stripe__customers') }}

    union all

    select {{ record_reference('database', 'customers', 'customer_id') }} as record_reference
    from {{ ref('stg_database__customers') }}

    union all

    select {{ record_reference('salesforce', 'leads', 'lead_id') }} as record_reference
    from {{ ref('stg_salesforce__leads') }}

    union all

    select {{ record_reference('marketo', 'leads', 'lead_id') }} as record_reference
    from {{ ref('stg_marketo__leads') }}

    union all

    select {{ record_reference('intercom', 'contacts', 'contact_id') }} as record_reference
    from {{ ref('stg_intercom__contacts') }}

    union all

    select {{ record_reference('database', 'users', 'user_id') }} as record_reference
    from {{ ref('stg_database__users') }}

    union all

    select {{ record_reference('hubspot', 'deals', 'deal_id') }} as record_reference
    from {{ ref('stg_hubspot__deals') }}

    union all

    select
        {{ record_reference('salesforce', 'opportunities', 'opportunity_id') }} as record_reference
    from {{ ref('stg_salesforce__opportunities') }}

    union all

    select {{ record_reference('hubspot', 'owners', 'owner_id') }} as record_reference
    from {{ ref('stg_hubspot__owners') }}

    union all

    select {{ record_reference('salesforce', 'users', 'user_id') }} as record_reference
    from {{ ref('stg_salesforce__users') }}

),

mapped as (

    select record_reference from {{ ref('account_map') }}

    union all

    select record_reference from {{ ref('person_map') }}

    union all

    select record_reference from {{ ref('opportunity_map') }}

    union all

    select record_reference from {{ ref('owner_map') }}

)

select
    coalesce(staged.record_reference, mapped.record_reference) as record_reference,
    count(staged.record_reference) as staged_count,
    count(mapped.record_reference) as mapped_count
from staged
full outer join mapped
    on staged.record_reference = mapped.record_reference
group by 1
having count(staged.record_reference) != 1 or count(mapped.record_reference) != 1
