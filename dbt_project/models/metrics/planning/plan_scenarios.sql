with

settings as (

    select
        *,
        cast(goal_numerator as hugeint) as whole_goal,
        cast(goal_denominator as hugeint) as goal_unit
    from {{ ref('plan_settings') }}

),

plan_inputs as (

    select * from {{ ref('plan_inputs') }}

),

pipeline as (

    select {{ whole('weighted_value', 3) }} as weighted_thousandths
    from {{ ref('pipeline') }}

),

tenths as (

    select '-' as sign

    union all

    select '+' as sign

),

-- The plan itself, and what becomes of it when one of its inputs turns out a tenth off.
changes as (

    select distinct
        plan_inputs.input || ' ' || tenths.sign || '10 %' as scenario,
        plan_inputs.input as changed_input,
        case tenths.sign when '-' then -10 else 10 end as change_pct
    from plan_inputs
    cross join tenths

    union all

    select
        'plan' as scenario,
        null as changed_input,
        0 as change_pct
    from settings

),

goals as (

    select
        settings.plan_version,
        case
            when settings.deduct_open_pipeline
                then
                    greatest(
                        settings.whole_goal * 1000
                        - pipeline.weighted_thousandths * settings.goal_unit,
                        0
                    )
            else settings.whole_goal * 1000
        end as numerator,
        settings.goal_unit * 1000 as denominator,
        case when settings.deduct_open_pipeline then pipeline.weighted_thousandths else 0 end
            as deducted_thousandths,
        settings.whole_goal,
        settings.goal_unit
    from settings
    cross join pipeline

),

-- A share does not rise above one.
changed as (

    select
        changes.scenario,
        plan_inputs.input,
        case
            when plan_inputs.input = 'average_deal_value'
                then plan_inputs.numerator * (100 + changes.change_pct)
            else
                least(
                    plan_inputs.numerator * (100 + changes.change_pct),
                    plan_inputs.denominator * 100
                )
        end as numerator,
        plan_inputs.denominator * 100 as denominator
    from changes
    inner join plan_inputs
        on changes.changed_input = plan_inputs.input
    where plan_inputs.channel is null

),

applied as (

    select
        changes.scenario,
        plan_inputs.position,
        plan_inputs.input,
        coalesce(changed.numerator, plan_inputs.numerator) as numerator,
        coalesce(changed.denominator, plan_inputs.denominator) as denominator
    from changes
    cross join plan_inputs
    left join changed
        on
            changes.scenario = changed.scenario
            and plan_inputs.input = changed.input
    where plan_inputs.channel is null

),

reduced as (

    select
        scenario,
        position,
        input,
        numerator // {{ greatest_divisor('numerator', 'denominator') }} as numerator,
        denominator // {{ greatest_divisor('numerator', 'denominator') }} as denominator
    from applied

),

side_by_side as (

    select
        scenario,
        {{ fraction_of('average_deal_value') }},
        {{ fraction_of('win_rate') }},
        {{ fraction_of('sql_to_opportunity') }},
        {{ fraction_of('mql_to_sql') }},
        {{ joined_names(
            "input || case when numerator = 0 then ' is zero' else ' is missing' end",
            '; ',
            'position',
            'coalesce(numerator, 0) = 0'
        ) }} as faults
    from reduced
    group by scenario

),

begun as (

    select
        goals.plan_version,
        goals.whole_goal,
        goals.goal_unit,
        goals.deducted_thousandths,
        goals.numerator // {{ greatest_divisor('goals.numerator', 'goals.denominator') }}
            as goal_numerator,
        goals.denominator // {{ greatest_divisor('goals.numerator', 'goals.denominator') }}
            as goal_denominator,
        side_by_side.*
    from side_by_side
    cross join goals

),

with_wins as (

    select
        *,
        {{ quotient_numerator('goal', 'average_deal_value') }} as won_numerator,
        {{ quotient_denominator('goal', 'average_deal_value') }} as won_denominator,
        {{ quotient_numerator('goal', 'win_rate') }} as pipeline_numerator,
        {{ quotient_denominator('goal', 'win_rate') }} as pipeline_denominator
    from begun

),

with_opportunities as (

    select
        *,
        {{ quotient_numerator('won', 'win_rate') }} as opportunities_numerator,
        {{ quotient_denominator('won', 'win_rate') }} as opportunities_denominator
    from with_wins

),

with_sqls as (

    select
        *,
        {{ quotient_numerator('opportunities', 'sql_to_opportunity') }} as sqls_numerator,
        {{ quotient_denominator('opportunities', 'sql_to_opportunity') }} as sqls_denominator
    from with_opportunities

),

with_mqls as (

    select
        *,
        {{ quotient_numerator('sqls', 'mql_to_sql') }} as mqls_numerator,
        {{ quotient_denominator('sqls', 'mql_to_sql') }} as mqls_denominator
    from with_sqls

),

-- People are counted whole, once, at the end.
final as (

    select
        with_mqls.scenario,
        with_mqls.plan_version,
        changes.changed_input,
        changes.change_pct,
        {{ money_of_fraction('with_mqls.whole_goal', 'with_mqls.goal_unit') }} as goal_amount,
        {{ money_of_fraction('with_mqls.deducted_thousandths', '1000') }} as deducted_pipeline,
        {{ ten_places(rounded_quotient(
            'with_mqls.won_numerator * 10000000000', 'with_mqls.won_denominator'
        )) }} as won_needed,
        {{ ten_places(rounded_quotient(
            'with_mqls.opportunities_numerator * 10000000000', 'with_mqls.opportunities_denominator'
        )) }} as opportunities_needed,
        {{ money_of_fraction('with_mqls.pipeline_numerator', 'with_mqls.pipeline_denominator') }}
            as pipeline_value_needed,
        {{ whole_above('with_mqls.sqls_numerator', 'with_mqls.sqls_denominator') }} as sql_needed,
        {{ whole_above('with_mqls.mqls_numerator', 'with_mqls.mqls_denominator') }} as mql_needed,
        case
            when with_mqls.faults is not null then with_mqls.faults
            when with_mqls.mqls_numerator is null
                then 'the rates have too many decimal places to be reckoned with exactly'
        end as undefined_because
    from with_mqls
    inner join changes
        on with_mqls.scenario = changes.scenario

)

select * from final
