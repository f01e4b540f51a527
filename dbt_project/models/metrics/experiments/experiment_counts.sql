with

arms as (

    select * from {{ ref('experiment_arms') }}

),

outcomes as (

    select * from {{ ref('experiment_outcomes') }}

),

members as (

    select * from {{ ref('experiment_members') }}

),

-- Whose time is not over yet is in neither group.
measured as (

    select
        experiment,
        min(began_at) as began_at,
        count(*) as members,
        count(*) filter (where is_followed and is_held_out) as a_n,
        count(*) filter (where is_followed and is_held_out and has_happened) as a_conversions,
        count(*) filter (where is_followed and not is_held_out) as b_n,
        count(*) filter (where is_followed and not is_held_out and has_happened)
            as b_conversions
    from members
    group by experiment

),

final as (

    select
        experiment,
        position,
        description,
        case when is_exchanged then 'exchanged' else 'counted' end as kind,
        cast(null as varchar) as holdout,
        cast(null as varchar) as outcome,
        cast(null as timestamptz) as began_at,
        a_n + b_n as members,
        a_n,
        a_conversions,
        b_n,
        b_conversions
    from arms

    union all

    select
        outcomes.experiment,
        outcomes.position,
        outcomes.description,
        'held out' as kind,
        outcomes.holdout,
        outcomes.happens || coalesce(' ' || outcomes.stage, '') || ' within '
        || outcomes.within_days || ' days' as outcome,
        measured.began_at,
        coalesce(measured.members, 0) as members,
        coalesce(measured.a_n, 0) as a_n,
        coalesce(measured.a_conversions, 0) as a_conversions,
        coalesce(measured.b_n, 0) as b_n,
        coalesce(measured.b_conversions, 0) as b_conversions
    from outcomes
    left join measured
        on outcomes.experiment = measured.experiment

)

select * from final
