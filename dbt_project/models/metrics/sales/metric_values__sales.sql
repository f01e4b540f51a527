with

win_rates as (

    select * from {{ ref('win_rates') }}

),

sales_cycle_periods as (

    select * from {{ ref('sales_cycle_periods') }}

),

pipeline as (

    select * from {{ ref('pipeline') }}

),

sales_velocity as (

    select * from {{ ref('sales_velocity') }}

),

forecast_call_pipelines as (

    select * from {{ ref('forecast_call_pipelines') }}

),

-- A day on which a forecast was called has one value, as it was recorded then.
pipeline_coverage as (

    select coverage.*
    from {{ ref('pipeline_coverage') }} as coverage
    left join forecast_call_pipelines
        on
            coverage.owner_id is null
            and coverage.as_of_date = forecast_call_pipelines.snapshot_date
            and coverage.target_period = forecast_call_pipelines.target_period
    where forecast_call_pipelines.snapshot_date is null

),

forecast_call_days as (

    select distinct
        snapshot_date,
        pipeline_value
    from forecast_call_pipelines

),

quota_attainment as (

    select * from {{ ref('quota_attainment') }}

),

quota_quarters as (

    select * from {{ ref('quota_quarters') }}

),

forecast_owners as (

    select * from {{ ref('forecast_owners') }}

),

forecast_calls as (

    select * from {{ ref('forecast_calls') }}

),

stage_conversions as (

    select * from {{ ref('stage_conversions') }}

),

renewal_rates as (

    select * from {{ ref('renewal_rates') }}

),

open_opportunities as (

    select * from {{ ref('opportunity_facts') }}
    where not is_closed

),

{% set as_of = {'as_of': 'as_of_date'} %}
{% set called = {'as_of': 'snapshot_date', 'target_period': 'target_period'} %}
{% set step = {'from_stage': 'stage', 'to_stage': 'next_stage'} %}

final as (

    {{ metrics([
        metric('opps_won', 'win_rates', 'opps_won', 'count', ['period']),
        metric('opps_lost', 'win_rates', 'opps_lost', 'count', ['period']),
        metric('closed_won_amount', 'win_rates', 'won_amount', 'money', ['period']),
        metric('win_rate_count', 'win_rates', 'win_rate_count', 'ratio', ['period']),
        metric('win_rate_value', 'win_rates', 'win_rate_value', 'ratio', ['period']),
        metric('win_loss_ratio', 'win_rates', 'win_loss_ratio', 'ratio', ['period']),
        metric('opps_created', 'win_rates', 'opps_created', 'count', ['period'], 'is_window'),
        metric('close_rate_created_cohort', 'win_rates', 'close_rate_created_cohort', 'ratio',
            ['period'], 'is_window'),
        metric('sales_cycle_first_contact_to_won_days_mean', 'sales_cycle_periods',
            'contact_to_won_days_mean', 'days', ['period'], 'is_window'),
        metric('lead_time_to_close_days_mean', 'sales_cycle_periods', 'lead_to_won_days_mean', 'days',
            ['period'], 'is_window'),
        metric('sales_cycle_opp_created_to_won_days_mean', 'sales_cycle_periods',
            'created_to_won_days_mean', 'days', ['period'], 'is_window'),
        metric('sales_cycle_opp_created_to_won_days_median', 'sales_cycle_periods',
            'created_to_won_days_median', 'days', ['period'], 'is_window'),
        metric('time_to_close_won_or_lost_days_mean', 'sales_cycle_periods',
            'created_to_closed_days_mean', 'days', ['period'], 'is_window'),
        metric('pipeline_value', 'pipeline', 'pipeline_value', 'money', as_of),
        metric('pipeline_value_weighted', 'pipeline', 'weighted_value', 'money', as_of),
        metric('pipeline_count', 'pipeline', 'opportunity_count', 'count', as_of),
        metric('pipeline_null_amount_count', 'pipeline', 'null_amount_count', 'count', as_of),
        metric('pipeline_overdue_close_date_count', 'pipeline', 'overdue_count', 'count', as_of),
        metric('pipeline_value_point_in_time', 'forecast_call_days', 'pipeline_value', 'money',
            {'as_of': 'snapshot_date'}),
        metric('pipeline_value_point_in_time_plan_rate', 'forecast_call_pipelines', 'due_amount',
            'money', called),
        metric('pipeline_coverage', 'pipeline_coverage', 'coverage', 'ratio',
            {'as_of': 'as_of_date', 'target_period': 'target_period'}, 'owner_id is null'),
        metric('pipeline_coverage', 'pipeline_coverage', 'coverage', 'ratio',
            {'as_of': 'as_of_date', 'owner_id': 'owner_id', 'target_period': 'target_period'},
            'owner_id is not null'),
        metric('pipeline_coverage', 'forecast_call_pipelines', 'coverage', 'ratio', called),
        metric('pipeline_coverage_of_total_quota', 'forecast_call_pipelines',
            'coverage_of_total_quota', 'ratio', called),
        metric('remaining_quota', 'forecast_call_pipelines', 'remaining_quota', 'money', called),
        metric('pipeline_velocity_usd_per_day', 'sales_velocity', 'velocity_per_day', 'money_per_day',
            ['period'], 'is_window'),
        metric('average_deal_value', 'sales_velocity', 'average_deal_value', 'money', ['period'],
            'is_window'),
        metric('quota_attainment', 'quota_attainment', 'attainment', 'ratio', ['owner_id', 'period']),
        metric('quota_attainment_team', 'quota_quarters', 'attainment', 'ratio', ['period']),
        metric('share_of_reps_at_or_above_quota', 'quota_quarters', 'share_at_quota', 'ratio',
            ['period']),
        metric('forecast_ape', 'forecast_owners', 'absolute_percentage_error', 'ratio',
            ['owner_id', 'period', 'snapshot_date']),
        metric('forecast_wape', 'forecast_calls', 'wape', 'ratio',
            {'grain': "'owner'", 'period': 'period', 'snapshot_date': 'snapshot_date'}),
        metric('forecast_wape', 'forecast_calls', 'company_wape', 'ratio',
            {'grain': "'company'", 'period': 'period', 'snapshot_date': 'snapshot_date'}),
        metric('forecast_accuracy', 'forecast_calls', 'accuracy', 'ratio',
            {'grain': "'owner'", 'period': 'period', 'snapshot_date': 'snapshot_date'}),
        metric('forecast_bias', 'forecast_calls', 'bias', 'ratio', ['period', 'snapshot_date']),
        metric('stage_reached_count', 'stage_conversions', 'reached_count', 'count', ['stage']),
        metric('stage_conversion_rate', 'stage_conversions', 'conversion_rate', 'ratio', step,
            'next_stage is not null'),
        metric('stage_conversion_rate_closed_only', 'stage_conversions',
            'conversion_rate_closed_only', 'ratio', step, 'next_stage is not null'),
        metric('days_in_stage_mean', 'stage_conversions', 'days_in_stage_mean', 'days', ['stage'],
            'is_open'),
        metric('renewal_rate_count', 'renewal_rates', 'renewal_rate_count', 'ratio', ['period'],
            'is_window'),
        metric('renewal_rate_gross_value', 'renewal_rates', 'renewal_rate_gross_value', 'ratio',
            ['period'], 'is_window'),
        metric('renewal_rate_net_value', 'renewal_rates', 'renewal_rate_net_value', 'ratio',
            ['period'], 'is_window'),
        metric('days_in_current_stage', 'open_opportunities', 'days_in_current_stage', 'days',
            ['opportunity_id']),
        metric('is_stalled', 'open_opportunities', 'is_stalled', 'text', ['opportunity_id'])
    ]) }}

)

select * from final
