with

policy_stages as (

    select * from {{ ref('policy_stages') }}
    where stage_number > 0

),

highest as (

    select max(stage_number) as won_number from policy_stages

),

final as (

    select
        policy_stages.stage,
        row_number() over (order by policy_stages.stage_number, policy_stages.stage)
            as stage_order,
        lead(policy_stages.stage) over (order by policy_stages.stage_number, policy_stages.stage)
            as next_stage,
        policy_stages.stage_number < highest.won_number as is_open,
        policy_stages.stage_number = highest.won_number as is_won
    from policy_stages
    cross join highest

)

select * from final
