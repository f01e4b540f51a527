with

person as (

    select * from {{ ref('person') }}
    where not is_deleted

),

person_stage_history as (

    select * from {{ ref('person_stage_history') }}
    where entered_at < {{ policy('as_of') }}

),

firsts as (

    select
        person_id,
        min(entered_at) filter (where stage = 'LEAD') as first_lead_at,
        min(entered_at) filter (where stage = 'MQL') as first_mql_at
    from person_stage_history
    group by person_id

),

final as (

    select
        person.person_id,
        person.account_id,
        person.lead_channel,
        firsts.first_lead_at,
        firsts.first_mql_at
    from person
    inner join firsts
        on person.person_id = firsts.person_id

)

select * from final
