with

experiment_results as (

    select * from {{ ref('experiment_results') }}
    where kind = 'held out'

),

final as (

    select
        experiment,
        description,
        holdout,
        outcome,
        began_at,
        members,
        members - a_n - b_n as members_waiting,
        a_n as held_out_members,
        a_conversions as held_out_conversions,
        a_rate as held_out_rate,
        b_n as treated_members,
        b_conversions as treated_conversions,
        b_rate as treated_rate,
        absolute_lift,
        relative_lift,
        lift_low,
        lift_high,
        z,
        p_value,
        detectable_lift,
        needed_per_arm,
        verdict
    from experiment_results

)

select * from final
