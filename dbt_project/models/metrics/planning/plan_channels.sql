with

plan_settings as (

    select * from {{ ref('plan_settings') }}

),

channel_mix as (

    select * from {{ ref('plan_channel_mix') }}

),

planned as (

    select * from {{ ref('plan_scenario_channels') }}
    where scenario = 'plan'

),

needed as (

    select * from {{ ref('plan_scenarios') }}
    where scenario = 'plan'

),

final as (

    select
        planned.channel,
        plan_settings.plan_version,
        planned.position,
        channel_mix.mix,
        channel_mix.cap,
        planned.mql_target,
        planned.is_capped,
        planned.cpmql,
        planned.cpmql_source,
        planned.budget,
        case
            when planned.mql_target is null then needed.undefined_because
            when planned.budget is null then 'cpmql is missing'
        end as undefined_because
    from planned
    cross join needed
    cross join plan_settings
    inner join channel_mix
        on planned.channel = channel_mix.channel

)

select * from final
