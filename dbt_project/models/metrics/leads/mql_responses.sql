with

person_milestones as (

    select * from {{ ref('person_milestones') }}
    where first_mql_at is not null

),

person_stage_history as (

    select * from {{ ref('person_stage_history') }}
    where entered_at < {{ policy('as_of') }}

),

activity as (

    select * from {{ ref('activity') }}
    where direction = 'outbound' and occurred_at < {{ policy('as_of') }}

),

schedules as (

    select min(schedule_id) as first_schedule_id from {{ ref('business_schedule') }}

),

-- An inbound message is no response of ours; a decision about the MQL is one.
happenings as (

    select
        person_milestones.person_id,
        person_stage_history.entered_at as happened_at,
        person_stage_history.stage = 'MQL' as is_mql,
        person_stage_history.stage in ('SAL', 'SQL', 'REJECTED') as is_decision,
        person_stage_history.stage in ('SAL', 'SQL', 'REJECTED') as is_response
    from person_milestones
    inner join person_stage_history
        on person_milestones.person_id = person_stage_history.person_id

    union all

    select
        person_milestones.person_id,
        activity.occurred_at as happened_at,
        false as is_mql,
        false as is_decision,
        true as is_response
    from person_milestones
    inner join activity
        on
            person_milestones.person_id = activity.person_id
            and person_milestones.first_mql_at <= activity.occurred_at

),

-- The range holds what happened in the very instant, too.
followed as (

    select
        person_id,
        happened_at as entered_at,
        is_mql,
        min(case when is_response then happened_at end) over onwards as responded_at,
        min(case when is_decision then happened_at end) over onwards as decided_at
    from happenings
    window onwards as (
        partition by person_id
        order by happened_at
        range between current row and unbounded following
    )

),

mqls as (

    select
        followed.person_id,
        row_number() over (partition by followed.person_id order by followed.entered_at) as mql_no,
        coalesce({{ policy('sla_schedule') }}, schedules.first_schedule_id) as schedule_id,
        followed.entered_at,
        followed.responded_at,
        followed.decided_at,
        coalesce(followed.responded_at, {{ policy('as_of') }}) as waited_until,
        coalesce(followed.decided_at, {{ policy('as_of') }}) as undecided_until
    from followed
    cross join schedules
    where followed.is_mql

),

clocked as (

    select * from {{ business_time('mqls', 'schedule_id', {
        'entered_business_us': 'entered_at',
        'waited_until_business_us': 'waited_until',
        'undecided_until_business_us': 'undecided_until'
    }) }}

),

measured as (

    select
        *,
        {{ microseconds('responded_at') }} - {{ microseconds('entered_at') }} as response_us,
        {{ microseconds('decided_at') }} - {{ microseconds('entered_at') }} as decision_us,
        waited_until_business_us - entered_business_us as waited_business_us,
        undecided_until_business_us - entered_business_us as undecided_business_us
    from clocked

),

final as (

    select
        person_id || ':' || cast(mql_no as varchar) as mql_id,
        person_id,
        mql_no,
        entered_at,
        responded_at,
        decided_at,
        response_us,
        decision_us,
        case when responded_at is not null then {{ as_minutes('waited_business_us') }} end
            as response_business_minutes,
        case when decided_at is not null then {{ as_minutes('undecided_business_us') }} end
            as decision_business_minutes,
        {{ as_minutes('waited_business_us') }} as waited_business_minutes,
        {{ as_minutes('undecided_business_us') }} as undecided_business_minutes,
        {{ sla_state(
            'responded_at', 'waited_business_us', policy('lead_response_sla_business_minutes')
        ) }} as response_sla_state,
        {{ sla_state(
            'decided_at', 'undecided_business_us', policy('mql_to_sal_sla_business_minutes')
        ) }} as decision_sla_state
    from measured

)

select * from final
