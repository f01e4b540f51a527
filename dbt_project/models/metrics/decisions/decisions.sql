with

rules as (

    select * from {{ ref('decisions_rules') }}

),

conditions as (

    select * from {{ ref('decisions_conditions') }}

),

opportunity_signals as (

    select * from {{ ref('opportunity_signals') }}

),

person_signals as (

    select * from {{ ref('person_signals') }}

),

owner as (

    select * from {{ ref('owner') }}

),

subjects as (

    select
        'opportunity' as subject,
        opportunity_id as subject_id,
        account_id,
        owner_id,
        stage
    from opportunity_signals

    union all

    select
        'person' as subject,
        person_id as subject_id,
        account_id,
        owner_id,
        current_stage as stage
    from person_signals

),

asked as (

    {{ asked_of('opportunity', 'opportunity_signals', 'opportunity_id') }}

    union all

    {{ asked_of('person', 'person_signals', 'person_id') }}

),

held as (

    select *
    from asked
    where {{ condition_holds() }}

),

-- A condition with a list of words holds by one of them.
met as (

    select
        subject_id,
        rule_key,
        count(*) as condition_count
    from held
    group by subject_id, rule_key

),

candidates as (

    select
        rules.subject,
        met.subject_id,
        rules.rule_key,
        rules.position
    from met
    inner join rules
        on
            met.rule_key = rules.rule_key
            and met.condition_count = rules.condition_count

    union all

    select
        rules.subject,
        subjects.subject_id,
        rules.rule_key,
        rules.position
    from rules
    inner join subjects
        on rules.subject = subjects.subject
    where rules.condition_count = 0

),

decided as (

    select
        subject,
        subject_id,
        {{ first_by('rule_key', 'position') }} as rule_key
    from candidates
    group by subject, subject_id

),

told as (

    select
        held.*,
        {{ told_fact() }} as told_fact
    from held
    inner join decided
        on
            held.subject_id = decided.subject_id
            and held.rule_key = decided.rule_key

),

-- Of all rules of which something holds, only the one that decides is told: texts are dear.
reasons as (

    select
        subject_id,
        rule_key,
        {{ joined(told('en'), ', ', 'condition_no') }} as because_en,
        {{ joined(told('ja'), '、', 'condition_no') }} as because_ja
    from told
    group by subject_id, rule_key

),

final as (

    select
        decided.subject || ':' || decided.subject_id as decision_key,
        decided.subject,
        decided.subject_id,
        subjects.account_id,
        subjects.stage,
        rules.action,
        rules.action_en,
        rules.action_ja,
        rules.rule_id,
        rules.is_escalation,
        {{ reason_of(
            'subjects.stage',
            'reasons.because_en',
            'rules.condition_count = 0',
            ': ',
            'no rule applies'
        ) }} as reason_en,
        {{ reason_of(
            'subjects.stage',
            'reasons.because_ja',
            'rules.condition_count = 0',
            '：',
            '該当するルールなし'
        ) }} as reason_ja,
        subjects.owner_id,
        case
            when rules.assign_to = 'manager' then coalesce(owner.manager_id, subjects.owner_id)
            else subjects.owner_id
        end as assignee_id
    from decided
    inner join rules
        on decided.rule_key = rules.rule_key
    inner join subjects
        on
            decided.subject = subjects.subject
            and decided.subject_id = subjects.subject_id
    left join reasons
        on
            decided.subject_id = reasons.subject_id
            and decided.rule_key = reasons.rule_key
    left join owner
        on subjects.owner_id = owner.owner_id

)

select * from final
