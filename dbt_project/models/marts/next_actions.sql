with

decisions as (

    select * from {{ ref('decisions') }}

),

stalled_work as (

    select * from {{ ref('stalled_work') }}

),

opportunity as (

    select * from {{ ref('opportunity') }}

),

person as (

    select * from {{ ref('person') }}
    where not is_deleted

),

account as (

    select * from {{ ref('account') }}

),

owner as (

    select * from {{ ref('owner') }}

),

-- Of what one subject waits for, the longest.
waiting as (

    select
        subject,
        subject_id,
        max(waiting_days) as waiting_days,
        {{ last_by('kind', 'waiting_days') }} as waits_for
    from stalled_work
    group by subject, subject_id

),

-- What stood at the build before has stood since then.
stood as (

    select * from {{ standing_decisions(this) }}

),

final as (

    select
        decisions.decision_key,
        decisions.subject,
        decisions.subject_id,
        coalesce(opportunity.opportunity_name, person.full_name) as subject_name,
        decisions.account_id,
        account.account_name,
        decisions.stage,
        decisions.action,
        decisions.action_en,
        decisions.action_ja,
        decisions.rule_id,
        decisions.reason_en,
        decisions.reason_ja,
        decisions.is_escalation,
        coalesce(stood.since_date, {{ policy('as_of_date') }}) as since_date,
        waiting.waits_for,
        waiting.waiting_days,
        decisions.owner_id,
        owner.owner_name,
        decisions.assignee_id,
        assignee.owner_name as assignee_name
    from decisions
    left join opportunity
        on {{ subject_of('opportunity', 'decisions') }} = opportunity.opportunity_id
    left join person
        on {{ subject_of('person', 'decisions') }} = person.person_id
    left join account
        on decisions.account_id = account.account_id
    left join owner
        on decisions.owner_id = owner.owner_id
    left join owner as assignee
        on decisions.assignee_id = assignee.owner_id
    left join waiting
        on
            decisions.subject = waiting.subject
            and decisions.subject_id = waiting.subject_id
    left join stood
        on
            decisions.decision_key = stood.decision_key
            and decisions.action = stood.action

)

select * from final
