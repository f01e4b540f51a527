with

lead_funnel as (

    select * from {{ ref('lead_funnel') }}
    where is_window

),

mql_responses as (

    select mql_responses.*
    from {{ ref('mql_responses') }} as mql_responses
    inner join {{ ref('policy_periods') }} as periods
        on
            mql_responses.entered_at >= periods.start_at
            and mql_responses.entered_at < periods.end_at
    where periods.is_window

),

sla_attainment as (

    select * from {{ ref('sla_attainment') }}
    where is_window

),

lead_responses as (

    select * from sla_attainment
    where sla = 'lead_response'

),

sales_activity_volume as (

    select * from {{ ref('sales_activity_volume') }}
    where is_window and outbound > 0 and owner_id is not null

),

outbound_activity as (

    select * from {{ ref('outbound_activity') }}
    where is_window

),

person_stages as (

    select * from {{ ref('person_stages') }}

),

{% set cohort = "'first_mql_' || period" %}

final as (

    {{ metrics([
        metric('leads_created', 'lead_funnel', 'leads', 'count', ['period']),
        metric('lead_to_mql_rate', 'lead_funnel', 'lead_to_mql_rate', 'ratio', ['period']),
        metric('lead_to_customer_rate', 'lead_funnel', 'lead_to_customer_rate', 'ratio', ['period']),
        metric('mql_count', 'lead_funnel', 'mqls', 'count', ['period']),
        metric('mql_event_count', 'lead_funnel', 'mql_entries', 'count', ['period']),
        metric('funnel_stage_count', 'lead_funnel', 'accepted', 'count',
            {'cohort': cohort, 'stage': "'SAL'"}),
        metric('funnel_stage_count', 'lead_funnel', 'qualified', 'count',
            {'cohort': cohort, 'stage': "'SQL'"}),
        metric('funnel_conversion_rate', 'lead_funnel', 'mql_to_sal_rate', 'ratio',
            {'cohort': cohort, 'from_stage': "'MQL'", 'to_stage': "'SAL'"}),
        metric('funnel_conversion_rate', 'lead_funnel', 'sal_to_sql_rate', 'ratio',
            {'cohort': cohort, 'from_stage': "'SAL'", 'to_stage': "'SQL'"}),
        metric('lead_response_business_minutes', 'mql_responses', 'response_business_minutes',
            'minutes', ['person_id', 'mql_no']),
        metric('lead_response_sla_state', 'mql_responses', 'response_sla_state', 'text',
            ['person_id', 'mql_no']),
        metric('lead_response_elapsed_minutes_mean', 'lead_responses', 'elapsed_minutes_mean',
            'minutes', ['period']),
        metric('lead_response_elapsed_minutes_median', 'lead_responses', 'elapsed_minutes_median',
            'minutes', ['period']),
        metric('sla_attainment', 'sla_attainment', 'attainment', 'ratio', ['period', 'sla']),
        metric('sla_pending_count', 'sla_attainment', 'pending', 'count', ['period', 'sla']),
        metric('sales_activity_volume', 'sales_activity_volume', 'outbound', 'count',
            ['activity_type', 'owner_id', 'period']),
        metric('outbound_activity_share', 'outbound_activity', 'outbound_share', 'ratio', ['period']),
        metric('persons_current_stage', 'person_stages', 'persons', 'count',
            {'as_of': 'as_of_date', 'stage': 'stage'}),
        metric('persons_current_stage_share', 'person_stages', 'persons_share', 'ratio',
            {'as_of': 'as_of_date', 'stage': 'stage'})
    ]) }}

)

select * from final
