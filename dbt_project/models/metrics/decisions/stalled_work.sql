with

opportunity_signals as (

    select * from {{ ref('opportunity_signals') }}
    where is_stalled

),

person_milestones as (

    select * from {{ ref('person_milestones') }}

),

account as (

    select * from {{ ref('account') }}

),

mql_responses as (

    select * from {{ ref('mql_responses') }}

),

-- Only what still waits: a late answer is a breach, and nobody's work any more.
handoffs as (

    select
        'lead_response' as kind,
        mql_id,
        person_id,
        entered_at,
        waited_business_minutes as waiting_business_minutes,
        {{ policy('lead_response_sla_business_minutes') }} as limit_minutes
    from mql_responses
    where responded_at is null and response_sla_state = 'breached'

    union all

    select
        'mql_to_sal' as kind,
        mql_id,
        person_id,
        entered_at,
        undecided_business_minutes as waiting_business_minutes,
        {{ policy('mql_to_sal_sla_business_minutes') }} as limit_minutes
    from mql_responses
    where decided_at is null and decision_sla_state = 'breached'

),

final as (

    select
        'stage:' || opportunity_id || ':' || stage || ':'
        || cast({{ business_date('in_stage_since') }} as varchar) as work_key,
        'stage' as kind,
        'opportunity' as subject,
        opportunity_id as subject_id,
        account_id,
        owner_id,
        stage,
        in_stage_since as waiting_since,
        days_in_stage as waiting_days,
        days_in_stage - {{ policy('stall_days') }} as days_over,
        cast(null as decimal(38, 10)) as waiting_business_minutes,
        cast(null as decimal(38, 10)) as business_minutes_over
    from opportunity_signals

    union all

    select
        handoffs.kind || ':' || handoffs.mql_id as work_key,
        handoffs.kind,
        'person' as subject,
        handoffs.person_id as subject_id,
        person_milestones.account_id,
        account.owner_id,
        person_milestones.current_stage as stage,
        handoffs.entered_at as waiting_since,
        {{ days_since('handoffs.entered_at') }} as waiting_days,
        cast(null as decimal(38, 10)) as days_over,
        handoffs.waiting_business_minutes,
        handoffs.waiting_business_minutes - handoffs.limit_minutes as business_minutes_over
    from handoffs
    inner join person_milestones
        on handoffs.person_id = person_milestones.person_id
    left join account
        on person_milestones.account_id = account.account_id

)

select * from final
