with

person_milestones as (

    select * from {{ ref('person_milestones') }}

),

counted as (

    select
        current_stage as stage,
        count(*) as persons
    from person_milestones
    group by current_stage

),

totalled as (

    select
        *,
        sum(persons) over () as all_persons
    from counted

),

final as (

    select
        stage,
        {{ policy('as_of_date') }} as as_of_date,
        persons,
        {{ ratio('persons', 'all_persons', places=0) }} as persons_share
    from totalled

)

select * from final
