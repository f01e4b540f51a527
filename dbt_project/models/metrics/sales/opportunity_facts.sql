with

opportunity as (

    select * from {{ ref('opportunity') }}
    where not is_deleted and created_at < {{ policy('as_of') }}

),

versions as (

    select * from {{ ref('opportunity_versions') }}

),

stages as (

    select * from {{ ref('sales_stages') }}

),

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

-- A change of the amount alone is no new arrival in the stage.
travelled as (

    select
        opportunity_id,
        max(valid_from) filter (where is_arrival) as stage_entered_at,
        max(stage_order) filter (where is_open) as reached
    from versions
    group by opportunity_id

),

won_stage as (

    select max(stage_order) as stage_order from stages

),

-- A win that was reversed counts as its highest open stage.
placed as (

    select
        opportunity.*,
        travelled.stage_entered_at,
        case
            when opportunity.is_closed then opportunity.close_date
            else {{ policy('as_of_date') }}
        end as valued_on,
        coalesce(
            case when opportunity.is_won then won_stage.stage_order end,
            travelled.reached,
            case when stages.is_open then stages.stage_order end,
            0
        ) as reached_stage_order,
        case
            when not opportunity.is_closed
                then coalesce(travelled.stage_entered_at, opportunity.created_at)
        end as standing_since
    from opportunity
    cross join won_stage
    left join travelled
        on opportunity.opportunity_id = travelled.opportunity_id
    left join stages
        on opportunity.stage = stages.stage

),

timed as (

    select
        *,
        {{ microseconds(policy('as_of')) }} - {{ microseconds('standing_since') }} as in_stage_us
    from placed

),

classified as (

    select
        *,
        opportunity_type not in {{ policy_list('win_rate_excluded_types') }} as counts_in_win_rate,
        opportunity_type not in {{ policy_list('quota_excluded_types') }} as counts_toward_quota,
        not is_closed
        and opportunity_type != 'renewal'
        and not {{ is_left_out_of_pipeline('forecast_category') }} as is_pipeline,
        coalesce(in_stage_us > {{ policy('stall_days') }} * 86400000000, false) as is_stalled
    from timed

),

final as (

    select
        classified.opportunity_id,
        classified.account_id,
        classified.owner_id,
        classified.opportunity_type,
        classified.stage,
        classified.reached_stage_order,
        classified.forecast_category,
        classified.probability_pct,
        classified.created_at,
        classified.close_date,
        classified.stage_entered_at,
        case when classified.is_closed then classified.stage_entered_at end as closed_at,
        {{ as_days('classified.in_stage_us') }} as days_in_current_stage,
        classified.is_closed,
        classified.is_won,
        classified.is_pipeline,
        classified.is_stalled,
        classified.counts_in_win_rate,
        classified.counts_toward_quota,
        classified.currency,
        classified.amount as local_amount,
        {{ converted('classified.amount', 'spot.rate') }} as amount,
        {{ weighted('classified.amount', 'spot.rate', 'classified.probability_pct') }}
            as weighted_amount,
        {{ converted('classified.amount', 'plan.rate') }} as amount_at_plan
    from classified
    left join rates as spot
        on {{ rate_on('spot', "'spot'", 'classified.currency', 'classified.valued_on') }}
    left join rates as plan
        on {{ rate_on('plan', "'plan'", 'classified.currency', 'classified.valued_on') }}

)

select * from final
