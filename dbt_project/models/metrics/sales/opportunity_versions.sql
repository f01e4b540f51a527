with

opportunity as (

    select * from {{ ref('opportunity') }}
    where not is_deleted and created_at < {{ policy('as_of') }}

),

history as (

    select * from {{ ref('opportunity_stage_history') }}
    where entered_at < {{ policy('as_of') }}

),

stages as (

    select * from {{ ref('sales_stages') }}

),

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

ordered as (

    select
        *,
        lead(entered_at) over (partition by opportunity_id order by entered_at, seq)
            as left_at,
        lag(stage) over (partition by opportunity_id order by entered_at, seq)
            as previous_stage
    from history

),

-- Whose it is and what kind of business is known as of now only.
final as (

    select
        ordered.opportunity_id || ' ' || cast(ordered.seq as varchar) as opportunity_version_id,
        ordered.opportunity_id,
        ordered.seq,
        opportunity.account_id,
        opportunity.owner_id,
        opportunity.opportunity_type,
        opportunity.currency,
        ordered.stage,
        stages.stage_order,
        ordered.amount as local_amount,
        {{ converted('ordered.amount', 'rates.rate') }} as amount_at_plan,
        ordered.probability_pct,
        ordered.close_date,
        ordered.forecast_category,
        ordered.entered_at as valid_from,
        coalesce(ordered.left_at, {{ last_instant() }}) as valid_to,
        coalesce(ordered.stage != ordered.previous_stage, true) as is_arrival,
        coalesce(stages.is_open, false) as is_open,
        coalesce(stages.is_won, false) as is_won,
        coalesce(stages.is_open, false)
        and opportunity.opportunity_type != 'renewal'
        and not {{ is_left_out_of_pipeline('ordered.forecast_category') }} as is_pipeline,
        opportunity.opportunity_type not in {{ policy_list('quota_excluded_types') }}
            as counts_toward_quota
    from ordered
    inner join opportunity
        on ordered.opportunity_id = opportunity.opportunity_id
    left join stages
        on ordered.stage = stages.stage
    left join rates
        on {{ rate_on('rates', "'plan'", 'opportunity.currency', policy('as_of_date')) }}

)

select * from final
