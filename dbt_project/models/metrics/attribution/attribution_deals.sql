with

deals as (

    select * from {{ ref('opportunity_facts') }}
    where opportunity_type in {{ policy_list('attribution_types') }}

),

reported_window as (

    select * from {{ ref('policy_periods') }}
    where is_window

),

known_people as (

    select * from {{ ref('person') }}
    where not is_deleted and (created_at is null or created_at < {{ policy('as_of') }})

),

primary_contacts as (

    select
        contact_roles.opportunity_id,
        {{ first_by('known_people.created_at', 'known_people.person_id') }} as lead_created_at,
        {{ first_by('known_people.lead_channel', 'known_people.person_id') }} as lead_channel
    from {{ ref('opportunity_contact_role') }} as contact_roles
    inner join known_people
        on contact_roles.person_id = known_people.person_id
    where contact_roles.is_primary
    group by contact_roles.opportunity_id

),

ended as (

    select
        *,
        case when is_closed then closed_at else {{ policy('as_of') }} end as ends_at
    from deals

),

-- What closed in the same instant was no earlier win.
after_wins as (

    select
        *,
        max(case when is_won then closed_at end) over (
            partition by account_id
            order by {{ microseconds('ends_at') }}
            range between unbounded preceding and 1 preceding
        ) as previous_won_at
    from ended

),

placed as (

    select
        after_wins.*,
        reported_window.period,
        after_wins.is_closed
        and after_wins.close_date >= reported_window.first_date
        and after_wins.close_date < reported_window.end_date as is_closed_in_window,
        after_wins.created_at >= reported_window.start_at
        and after_wins.created_at < reported_window.end_at as is_created_in_window
    from after_wins
    cross join reported_window

),

final as (

    select
        placed.opportunity_id,
        placed.account_id,
        placed.owner_id,
        placed.opportunity_type,
        placed.period,
        case
            when placed.is_won then 'won'
            when placed.is_closed then 'lost'
            else 'open'
        end as outcome,
        placed.is_closed_in_window,
        placed.is_created_in_window,
        placed.created_at,
        placed.close_date,
        placed.closed_at,
        {{ days_before('placed.created_at', policy('attribution_lookback_days')) }}
            as touches_from_at,
        case when {{ policy('attribution_after_previous_won') }} then placed.previous_won_at end
            as touches_after_at,
        placed.ends_at as touches_until_at,
        primary_contacts.lead_created_at,
        primary_contacts.lead_channel,
        coalesce(primary_contacts.lead_channel in {{ policy_list('marketing_channels') }}, false)
            as is_lead_of_marketing,
        placed.amount,
        {{ minor_units_of('placed.amount') }} as amount_units
    from placed
    left join primary_contacts
        on placed.opportunity_id = primary_contacts.opportunity_id
    where placed.is_closed_in_window or placed.is_created_in_window

)

select * from final
