with

person as (

    select * from {{ ref('person') }}
    where
        not is_deleted
        and (created_at is null or created_at < {{ policy('as_of') }})

),

person_stage_history as (

    select
        *,
        {{ person_stage_order('stage') }} as stage_order
    from {{ ref('person_stage_history') }}
    where entered_at < {{ policy('as_of') }}

),

contact_roles as (

    select * from {{ ref('opportunity_contact_role') }}

),

first_purchases as (

    select * from {{ ref('opportunity_facts') }}
    where is_won and opportunity_type = 'new_business'

),

buyers as (

    select distinct contact_roles.person_id
    from contact_roles
    inner join first_purchases
        on contact_roles.opportunity_id = first_purchases.opportunity_id

),

-- What happens in one instant happens in the order of the stages.
firsts as (

    select
        person_id,
        min(entered_at) filter (where stage = 'LEAD') as first_lead_at,
        min(entered_at) filter (where stage = 'MQL') as first_mql_at,
        max(entered_at) as current_stage_entered_at,
        {{ last_by('stage', '(entered_at, stage_order)') }} as current_stage
    from person_stage_history
    group by person_id

),

-- Who was qualified without being accepted first was accepted.
handed_over as (

    select
        firsts.person_id,
        min(person_stage_history.entered_at) as accepted_at,
        min(person_stage_history.entered_at) filter (where person_stage_history.stage = 'SQL')
            as qualified_at
    from firsts
    inner join person_stage_history
        on
            firsts.person_id = person_stage_history.person_id
            and firsts.first_mql_at <= person_stage_history.entered_at
    where person_stage_history.stage in ('SAL', 'SQL')
    group by firsts.person_id

),

final as (

    select
        person.person_id,
        person.account_id,
        person.lead_channel,
        firsts.first_lead_at,
        firsts.first_mql_at,
        handed_over.accepted_at,
        handed_over.qualified_at,
        firsts.current_stage,
        firsts.current_stage_entered_at,
        buyers.person_id is not null as is_buyer
    from person
    inner join firsts
        on person.person_id = firsts.person_id
    left join handed_over
        on person.person_id = handed_over.person_id
    left join buyers
        on person.person_id = buyers.person_id

)

select * from final
