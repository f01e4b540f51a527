with recursive

plan_scenarios as (

    select * from {{ ref('plan_scenarios') }}

),

channel_mix as (

    select
        channel,
        position,
        cast(mix_weight as hugeint) as mix_weight,
        cap
    from {{ ref('plan_channel_mix') }}

),

costs as (

    select
        channel,
        source,
        value as cpmql,
        numerator,
        denominator
    from {{ ref('plan_inputs') }}
    where channel is not null

),

-- A round splits what the full channels leave among the others. Those that would get more than they
-- can take are full with their cap, and as long as there are such, there is another round.
rounds as (

    select
        plan_scenarios.scenario,
        0 as round,
        channel_mix.channel,
        channel_mix.position,
        channel_mix.mix_weight,
        channel_mix.cap,
        cast(plan_scenarios.mql_needed as hugeint) as mql_needed,
        cast(null as hugeint) as mql_target,
        false as is_full,
        true as is_unsettled
    from plan_scenarios
    cross join channel_mix
    where plan_scenarios.mql_needed is not null

    union all

    select
        shared.scenario,
        shared.round + 1 as round,
        shared.channel,
        shared.position,
        shared.mix_weight,
        shared.cap,
        shared.mql_needed,
        case
            when shared.is_full then shared.mql_target
            else least(coalesce(shared.part, 0), shared.cap)
        end as mql_target,
        shared.is_full or coalesce(shared.part > shared.cap, false) as is_full,
        bool_or(not shared.is_full and coalesce(shared.part > shared.cap, false)) over (
            partition by shared.scenario
        ) as is_unsettled
    from {{ split_by_weight(
        '(select rounds.*, case when rounds.is_full then 0 else rounds.mix_weight end as open_weight,'
        ~ ' rounds.mql_needed - coalesce(sum(case when rounds.is_full then rounds.mql_target end)'
        ~ ' over (partition by rounds.scenario), 0) as unassigned'
        ~ ' from rounds where rounds.is_unsettled)',
        'unassigned', 'open_weight', 'position', 'scenario'
    ) }} as shared

),

last_rounds as (

    select * from rounds
    where not is_unsettled

),

final as (

    select
        plan_scenarios.scenario || ' ' || channel_mix.channel as scenario_channel,
        plan_scenarios.scenario,
        channel_mix.channel,
        channel_mix.position,
        last_rounds.mql_target,
        last_rounds.is_full as is_capped,
        costs.source as cpmql_source,
        costs.cpmql,
        {{ money_of_fraction(
            'last_rounds.mql_target * costs.numerator * '
            ~ percent_of('plan_scenarios', 'cpmql'),
            'costs.denominator * 100'
        ) }} as budget
    from plan_scenarios
    cross join channel_mix
    left join last_rounds
        on
            plan_scenarios.scenario = last_rounds.scenario
            and channel_mix.channel = last_rounds.channel
    left join costs
        on channel_mix.channel = costs.channel

)

select * from final
