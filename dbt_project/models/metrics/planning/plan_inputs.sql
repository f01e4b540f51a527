with

settings as (

    select * from {{ ref('plan_settings') }}

),

plan_rates as (

    select * from {{ ref('plan_rates') }}

),

channel_mix as (

    select * from {{ ref('plan_channel_mix') }}

),

reported_window as (

    select * from {{ ref('policy_periods') }}
    where is_window

),

win_rates as (

    select * from {{ ref('win_rates') }}
    where is_window

),

channel_costs as (

    select * from {{ ref('channel_costs') }}

),

-- Who first became an MQL in the window and was qualified since.
qualified as (

    select
        person_milestones.person_id,
        person_milestones.qualified_at is not null as is_qualified
    from {{ ref('person_milestones') }} as person_milestones
    inner join reported_window
        on
            person_milestones.first_mql_at >= reported_window.start_at
            and person_milestones.first_mql_at < reported_window.end_at

),

sold_to as (

    select distinct contact_roles.person_id
    from {{ ref('opportunity_contact_role') }} as contact_roles
    inner join {{ ref('opportunity_facts') }} as opportunity_facts
        on contact_roles.opportunity_id = opportunity_facts.opportunity_id
    where opportunity_facts.counts_in_win_rate

),

cohort as (

    select
        count(*) as mqls,
        count(*) filter (where qualified.is_qualified) as qualified,
        count(sold_to.person_id) filter (where qualified.is_qualified) as with_opportunity
    from qualified
    left join sold_to
        on qualified.person_id = sold_to.person_id

),

measured as (

    select
        1 as position,
        'average_deal_value' as rate,
        'average_deal_value' as measured_as,
        {{ whole('won_amount', 3) }} as numerator,
        cast(1000 * opps_won_with_amount as hugeint) as denominator
    from win_rates

    union all

    select
        2 as position,
        'win_rate' as rate,
        'win_rate_count' as measured_as,
        cast(opps_won as hugeint) as numerator,
        cast(opps_won + opps_lost as hugeint) as denominator
    from win_rates

    union all

    select
        3 as position,
        'sql_to_opportunity' as rate,
        'share of those qualified who have a part in an opportunity' as measured_as,
        cast(with_opportunity as hugeint) as numerator,
        cast(qualified as hugeint) as denominator
    from cohort

    union all

    select
        4 as position,
        'mql_to_sql' as rate,
        'funnel_conversion_rate, MQL to SQL' as measured_as,
        cast(qualified as hugeint) as numerator,
        cast(mqls as hugeint) as denominator
    from cohort

),

rates as (

    select
        settings.plan_version,
        measured.position,
        measured.rate as plan_input,
        measured.rate as input,
        cast(null as varchar) as channel,
        coalesce(plan_rates.is_trailing, false) as is_trailing,
        cast(plan_rates.numerator as hugeint) as said_numerator,
        cast(plan_rates.denominator as hugeint) as said_denominator,
        measured.measured_as,
        measured.numerator as measured_numerator,
        measured.denominator as measured_denominator
    from settings
    cross join measured
    left join plan_rates
        on measured.rate = plan_rates.rate

),

costs as (

    select
        settings.plan_version,
        4 + channel_mix.position as position,
        'cpmql ' || channel_mix.channel as plan_input,
        'cpmql' as input,
        channel_mix.channel,
        channel_mix.is_trailing,
        cast(channel_mix.cpmql_numerator as hugeint) as said_numerator,
        cast(channel_mix.cpmql_denominator as hugeint) as said_denominator,
        'cpmql' as measured_as,
        {{ whole('channel_costs.channel_spend', 3) }} as measured_numerator,
        cast(1000 * channel_costs.mqls as hugeint) as measured_denominator
    from settings
    cross join channel_mix
    left join channel_costs
        on channel_mix.channel = channel_costs.channel

),

every_input as (

    select * from rates

    union all

    select * from costs

),

-- What nobody said, and what was asked for but cannot be divided, stays unknown.
known as (

    select
        *,
        case
            when said_numerator is not null then 'plan'
            when is_trailing and measured_denominator > 0 then 'trailing'
        end as source,
        case when measured_denominator > 0 then measured_numerator end as known_numerator,
        {{ greatest_divisor('measured_numerator', 'measured_denominator') }} as measured_divisor
    from every_input

),

final as (

    select
        known.plan_input,
        known.plan_version,
        known.position,
        known.input,
        known.channel,
        coalesce(known.source, 'missing') as source,
        case known.source
            when 'plan' then 'rules/plan'
            when 'trailing' then known.measured_as || ' of ' || reported_window.period
        end as told_by,
        case known.source
            when 'plan'
                then {{ ten_places(rounded_quotient(
                    'known.said_numerator * 10000000000', 'known.said_denominator'
                )) }}
            when 'trailing'
                then {{ ten_places(rounded_quotient(
                    'known.known_numerator * 10000000000', 'known.measured_denominator'
                )) }}
        end as value,
        {{ ten_places(rounded_quotient(
            'known.known_numerator * 10000000000', 'known.measured_denominator'
        )) }} as trailing_value,
        case known.source
            when 'plan' then known.said_numerator
            when 'trailing' then known.measured_numerator // known.measured_divisor
        end as numerator,
        case known.source
            when 'plan' then known.said_denominator
            when 'trailing' then known.measured_denominator // known.measured_divisor
        end as denominator
    from known
    cross join reported_window

)

select * from final
