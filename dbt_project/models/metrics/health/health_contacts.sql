with

instants as (

    select * from {{ ref('health_instants') }}

),

customers as (

    select * from {{ ref('health_customers') }}

),

{{ who_engages() }}

{{ engagements_seen() }}

spoken as (

    select
        coalesce(touch.account_id, person.account_id) as account_id,
        touch.occurred_at,
        touch.touch_type as contact_kind
    from touch
    left join person
        on touch.person_id = person.person_id
    where not coalesce(person.is_deleted, false)

    union all

    select
        coalesce(activity.account_id, person.account_id) as account_id,
        activity.occurred_at,
        activity.activity_type as contact_kind
    from activity
    left join person
        on activity.person_id = person.person_id
    where not coalesce(person.is_deleted, false)

),

-- The last contact before each instant and after the one before it.
between_instants as (

    select
        spoken.account_id,
        instants.seen_at,
        max(spoken.occurred_at) as contacted_at,
        {{ last_by('spoken.contact_kind', '(spoken.occurred_at, spoken.contact_kind)') }}
            as contact_kind
    from spoken
    inner join instants
        on
            spoken.occurred_at >= instants.seen_before_at
            and spoken.occurred_at < instants.seen_at
    where spoken.account_id in (select customers.account_id from customers)
    group by spoken.account_id, instants.seen_at

),

customers_and_contacts as (

    select
        account_id,
        seen_at,
        account_month,
        null as contacted_at,
        null as contact_kind
    from customers

    union all

    select
        account_id,
        seen_at,
        null as account_month,
        contacted_at,
        contact_kind
    from between_instants

),

-- Who was not heard of since then was last heard of before.
carried as (

    select
        account_month,
        last_value(contacted_at ignore nulls) over up_to_then as contacted_at,
        last_value(contact_kind ignore nulls) over up_to_then as contact_kind
    from customers_and_contacts
    window up_to_then as (
        partition by account_id
        order by seen_at, account_month nulls first
        rows between unbounded preceding and current row
    )

),

final as (

    select * from carried
    where account_month is not null

)

select * from final
