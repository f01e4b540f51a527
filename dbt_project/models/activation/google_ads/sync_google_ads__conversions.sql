with

opportunities as (

    select * from {{ ref('opportunities') }}
    where is_won and local_amount > 0 and opportunity_type != 'renewal'

),

contact_roles as (

    select * from {{ ref('opportunity_contact_role') }}

),

consented as (

    select * from {{ ref('advertising_consent') }}
    where has_consented

),

person_map as (

    select * from {{ ref('person_map') }}

),

person_emails as (

    select * from {{ ref('person_emails') }}

),

visits as (

    select * from {{ ref('web_visits') }}
    where google_click_id is not null

),

-- A day is all that is known of a deal without a history.
won as (

    select
        opportunity_id,
        account_id,
        currency,
        local_amount,
        coalesce(closed_at, {{ business_day_start('close_date') }}) as won_at
    from opportunities

),

-- The tool counts no conversion that is older than this.
recent as (

    select * from won
    where
        won_at <= {{ policy('as_of') }}
        and won_at > {{ moved(policy('as_of'), '-', var('ad_click_window')) }}

),

clicks as (

    select
        coalesce(person_map.person_id, person_emails.person_id) as person_id,
        visits.google_click_id,
        visits.started_at as clicked_at
    from visits
    left join person_map
        on visits.user_reference = person_map.record_reference
    left join person_emails
        on visits.email = person_emails.email

),

-- Of everybody with a part in the deal who has agreed: who clicked last, else the primary contact.
ranked as (

    select
        recent.*,
        consented.person_id,
        consented.email,
        clicks.google_click_id,
        row_number() over (
            partition by recent.opportunity_id
            order by
                clicks.clicked_at desc nulls last,
                contact_roles.is_primary desc nulls last,
                consented.email is null asc,
                consented.person_id asc,
                clicks.google_click_id asc
        ) as position
    from recent
    inner join contact_roles on recent.opportunity_id = contact_roles.opportunity_id
    inner join consented on contact_roles.person_id = consented.person_id
    left join clicks
        on
            consented.person_id = clicks.person_id
            and recent.won_at > clicks.clicked_at
            and clicks.clicked_at > {{ moved('recent.won_at', '-', var('ad_click_window')) }}
    where consented.email is not null or clicks.google_click_id is not null

),

final as (

    select
        opportunity_id,
        account_id,
        person_id,
        won_at,
        google_click_id,
        email,
        cast(local_amount as decimal(18, 2)) as conversion_value,
        currency
    from ranked
    where position = 1

)

select * from final
