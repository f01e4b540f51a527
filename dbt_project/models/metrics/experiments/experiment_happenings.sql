with

outcomes as (

    select distinct
        happens,
        stage
    from {{ ref('experiment_outcomes') }}

),

person as (

    select * from {{ ref('person') }}
    where not is_deleted

),

stages as (

    select
        person_stage_history.person_id,
        person.account_id,
        person_stage_history.stage,
        person_stage_history.entered_at as happened_at
    from {{ ref('person_stage_history') }} as person_stage_history
    inner join person
        on person_stage_history.person_id = person.person_id
    where person_stage_history.entered_at < {{ policy('as_of') }}

),

opportunity_facts as (

    select * from {{ ref('opportunity_facts') }}
    where counts_in_win_rate

),

deals as (

    select
        opportunity_id,
        account_id,
        'opportunity_created' as happens,
        created_at as happened_at
    from opportunity_facts

    union all

    select
        opportunity_id,
        account_id,
        'won' as happens,
        closed_at as happened_at
    from opportunity_facts
    where is_won

),

contact_roles as (

    select distinct
        contact_roles.opportunity_id,
        contact_roles.person_id
    from {{ ref('opportunity_contact_role') }} as contact_roles
    inner join person
        on contact_roles.person_id = person.person_id

),

churns as (

    select
        account_id,
        changed_at as happened_at
    from {{ ref('account_mrr_changes') }}
    where movement = 'churn'

),

every_one as (

    select
        'person' as unit,
        person_id as unit_id,
        'reached_stage' as happens,
        stage,
        happened_at
    from stages

    union all

    select
        'account' as unit,
        account_id as unit_id,
        'reached_stage' as happens,
        stage,
        happened_at
    from stages
    where account_id is not null

    union all

    select
        'account' as unit,
        account_id as unit_id,
        happens,
        cast(null as varchar) as stage,
        happened_at
    from deals

    union all

    select
        'person' as unit,
        contact_roles.person_id as unit_id,
        deals.happens,
        cast(null as varchar) as stage,
        deals.happened_at
    from deals
    inner join contact_roles
        on deals.opportunity_id = contact_roles.opportunity_id

    union all

    select
        'account' as unit,
        account_id as unit_id,
        'churned' as happens,
        cast(null as varchar) as stage,
        happened_at
    from churns

),

final as (

    select
        every_one.unit || ' ' || every_one.unit_id || ' ' || every_one.happens || ' '
        || coalesce(every_one.stage, '') || ' '
        || cast({{ microseconds('every_one.happened_at') }} as varchar) as happening,
        every_one.unit,
        every_one.unit_id,
        every_one.happens,
        every_one.stage,
        every_one.happened_at
    from every_one
    inner join outcomes
        on
            every_one.happens = outcomes.happens
            and every_one.stage is not distinct from outcomes.stage
    where every_one.happened_at is not null
    group by all

)

select * from final
