with

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

named as (

    select
        stalled_work.*,
        coalesce(opportunity.opportunity_name, person.full_name, person.email)
            as subject_name,
        account.account_name,
        owner.owner_name,
        owner.manager_id,
        cast(floor(stalled_work.waiting_days) as integer) as whole_days,
        cast(floor(stalled_work.waiting_business_minutes / 60) as integer) as business_hours
    from stalled_work
    left join opportunity
        on {{ subject_of('opportunity', 'stalled_work') }} = opportunity.opportunity_id
    left join person
        on {{ subject_of('person', 'stalled_work') }} = person.person_id
    left join account
        on stalled_work.account_id = account.account_id
    left join owner
        on stalled_work.owner_id = owner.owner_id

),

final as (

    select
        work_key,
        kind,
        subject,
        subject_id,
        subject_name,
        account_id,
        account_name,
        stage,
        waiting_since,
        waiting_days,
        days_over,
        waiting_business_minutes,
        business_minutes_over,
        case kind
            when 'stage'
                then 'In ' || stage || ' for ' || whole_days || ' days; the limit is '
                    || {{ policy('stall_days') }} || '.'
            when 'lead_response'
                then 'MQL not answered for ' || business_hours || ' business hours; the limit is '
                    || ({{ policy('lead_response_sla_business_minutes') }} // 60) || '.'
            else
                'MQL neither accepted nor rejected for ' || business_hours
                || ' business hours; the limit is '
                || ({{ policy('mql_to_sal_sla_business_minutes') }} // 60) || '.'
        end as reason_en,
        case kind
            when 'stage'
                then stage || 'に' || whole_days || '日滞留しています（上限'
                    || {{ policy('stall_days') }} || '日）。'
            when 'lead_response'
                then 'MQL が営業時間で' || business_hours || '時間未対応です（上限'
                    || ({{ policy('lead_response_sla_business_minutes') }} // 60) || '時間）。'
            else
                'MQL の受入可否が営業時間で' || business_hours || '時間決まっていません（上限'
                || ({{ policy('mql_to_sal_sla_business_minutes') }} // 60) || '時間）。'
        end as reason_ja,
        owner_id,
        owner_name,
        manager_id
    from named

)

select * from final
