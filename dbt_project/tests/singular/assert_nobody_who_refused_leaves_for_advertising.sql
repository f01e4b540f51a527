-- Whoever said no to any tool is in no audience and behind no conversion, whichever the address.
with

refused as (

    select
        people.person_id,
        people.email
    from {{ ref('people') }} as people
    inner join {{ ref('advertising_consent') }} as consents
        on people.person_id = consents.person_id
    where consents.has_refused

),

leaving as (

    select
        person_id,
        email
    from {{ ref('sync_google_ads__audience_members') }}

    union all

    select
        person_id,
        email
    from {{ ref('sync_google_ads__conversions') }}

    union all

    select
        person_id,
        null as email
    from {{ ref('sync_hubspot__abm_members') }}

)

select leaving.person_id
from leaving
inner join refused
    on leaving.person_id = refused.person_id or leaving.email = refused.email
