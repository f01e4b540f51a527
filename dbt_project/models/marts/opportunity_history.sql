with

versions as (

    select * from {{ ref('opportunity_versions') }}

),

lost_stages as (

    select * from {{ ref('policy_stages') }}
    where stage_number = 0

),

account as (

    select * from {{ ref('account') }}

),

owner as (

    select * from {{ ref('owner') }}

),

told_apart as (

    select
        versions.*,
        lost_stages.stage is not null as is_lost
    from versions
    left join lost_stages
        on versions.stage = lost_stages.stage

),

compared as (

    select
        *,
        lag(stage) over in_order as from_stage,
        lag(stage_order) over in_order as from_stage_order,
        lag(local_amount) over in_order as from_local_amount,
        lag(probability_pct) over in_order as from_probability_pct,
        lag(close_date) over in_order as from_close_date,
        lag(forecast_category) over in_order as from_forecast_category,
        lag(is_won or is_lost) over in_order as was_closed,
        row_number() over in_order = 1 as is_first
    from told_apart
    window in_order as (partition by opportunity_id order by valid_from, seq)

),

timed as (

    select
        *,
        {{ microseconds('least(valid_to, ' ~ policy('as_of') ~ ')') }}
        - {{ microseconds('valid_from') }} as held_us
    from compared

),

final as (

    select
        timed.opportunity_version_id,
        timed.opportunity_id,
        timed.seq,
        timed.account_id,
        account.account_name,
        timed.owner_id,
        owner.owner_name,
        timed.opportunity_type,
        timed.valid_from,
        timed.valid_to,
        timed.valid_to = {{ last_instant() }} as is_current,
        {{ as_days('timed.held_us') }} as days_held,
        case
            when timed.is_first then 'created'
            when not timed.is_arrival then 'changed'
            when timed.is_won then 'won'
            when timed.is_lost then 'lost'
            when timed.was_closed then 'reopened'
            when timed.stage_order > timed.from_stage_order then 'advanced'
            when timed.stage_order < timed.from_stage_order then 'moved_back'
            else 'changed'
        end as change,
        timed.from_stage,
        timed.stage,
        timed.currency,
        {{ local_money('timed.from_local_amount') }} as from_local_amount,
        {{ local_money('timed.local_amount') }} as local_amount,
        timed.amount_at_plan,
        timed.from_probability_pct,
        timed.probability_pct,
        timed.from_close_date,
        timed.close_date,
        timed.from_forecast_category,
        timed.forecast_category,
        timed.is_open,
        timed.is_won,
        timed.is_lost,
        timed.is_pipeline,
        timed.counts_toward_quota
    from timed
    left join account
        on timed.account_id = account.account_id
    left join owner
        on timed.owner_id = owner.owner_id

)

select * from final
