-- A record that no map knows silently takes its people, deals and tickets out of every account.
with

mapped as (

    select
        'company' as entity,
        (select count(*) from {{ ref('stg_hubspot__companies') }})
        + (select count(*) from {{ ref('stg_salesforce__accounts') }})
        + (select count(*) from {{ ref('stg_zendesk__organizations') }}) as staged,
        (select count(*) from {{ ref('account_map') }}) as mapped

    union all

    select
        'person' as entity,
        (select count(*) from {{ ref('stg_hubspot__contacts') }})
        + (select count(*) from {{ ref('stg_salesforce__contacts') }})
        + (select count(*) from {{ ref('stg_zendesk__users') }} where role = 'end-user' or role is null)
            as staged,
        (select count(*) from {{ ref('person_map') }}) as mapped

    union all

    select
        'opportunity' as entity,
        (select count(*) from {{ ref('stg_hubspot__deals') }})
        + (select count(*) from {{ ref('stg_salesforce__opportunities') }}) as staged,
        (select count(*) from {{ ref('opportunity_map') }}) as mapped

    union all

    select
        'owner' as entity,
        (select count(*) from {{ ref('stg_hubspot__owners') }})
        + (select count(*) from {{ ref('stg_salesforce__users') }}) as staged,
        (select count(*) from {{ ref('owner_map') }}) as mapped

)

select * from mapped
where staged != mapped
