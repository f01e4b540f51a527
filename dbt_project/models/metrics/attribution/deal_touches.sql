with

deals as (

    select * from {{ ref('attribution_deals') }}
    where touches_until_at is not null

),

known_people as (

    select * from {{ ref('person') }}
    where not is_deleted and (created_at is null or created_at < {{ policy('as_of') }})

),

erased_people as (

    select person_id from {{ ref('person') }}
    where is_deleted

),

contact_roles as (

    select distinct
        contact_roles.opportunity_id,
        contact_roles.person_id
    from {{ ref('opportunity_contact_role') }} as contact_roles
    inner join deals
        on contact_roles.opportunity_id = deals.opportunity_id

),

touch as (

    select * from {{ ref('touch') }}
    where
        occurred_at < {{ policy('as_of') }}
        and occurred_at >= (select min(deals.touches_from_at) from deals)
        and (is_marketing or not {{ policy('attribution_marketing_only') }})
        and coalesce(touch_type, '') not in {{ policy_list('attribution_excluded_touch_types') }}
        -- Most accounts have no deal here: what cannot be of one is left out before it is joined.
        and (
            account_id is null
            or account_id in (select deals.account_id from deals)
            or person_id in (select contact_roles.person_id from contact_roles)
        )

),

-- Who is not known yet has left an anonymous touch; who was erased has left none.
resolved as (

    select
        touch.touch_id,
        known_people.person_id,
        known_people.created_at as person_created_at,
        coalesce(touch.account_id, known_people.account_id) as account_id,
        touch.occurred_at,
        coalesce(touch.channel, '(unknown)') as channel,
        touch.campaign_id,
        touch.touch_type,
        touch.is_marketing
    from touch
    left join known_people
        on touch.person_id = known_people.person_id
    left join erased_people
        on touch.person_id = erased_people.person_id
    where erased_people.person_id is null

),

of_accounts as (

    select
        'account' as scope,
        deals.opportunity_id,
        resolved.*
    from deals
    inner join resolved
        on deals.account_id = resolved.account_id
    where
        resolved.occurred_at >= deals.touches_from_at
        and resolved.occurred_at <= deals.touches_until_at
        and resolved.occurred_at > coalesce(deals.touches_after_at, {{ first_instant() }})

),

of_contacts as (

    select
        'contact_role' as scope,
        deals.opportunity_id,
        resolved.*
    from deals
    inner join contact_roles
        on deals.opportunity_id = contact_roles.opportunity_id
    inner join resolved
        on contact_roles.person_id = resolved.person_id
    where
        resolved.occurred_at >= deals.touches_from_at
        and resolved.occurred_at <= deals.touches_until_at
        and resolved.occurred_at > coalesce(deals.touches_after_at, {{ first_instant() }})

),

eligible as (

    select * from of_accounts

    union all

    select * from of_contacts

),

final as (

    select
        scope || ':' || opportunity_id || ':' || touch_id as deal_touch,
        scope,
        opportunity_id,
        touch_id,
        person_id,
        person_created_at,
        occurred_at,
        channel,
        campaign_id,
        touch_type,
        is_marketing
    from eligible

)

select * from final
