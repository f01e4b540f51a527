with

overdue_work as (

    select * from {{ ref('overdue_work') }}

),

unanswered as (

    select
        subject_id,
        waiting_since
    from overdue_work
    where kind = 'lead_response'

),

opportunity_map as (

    select * from {{ ref('opportunity_map') }}
    where
        source = 'salesforce'
        and is_record_of_truth
        and not is_deleted

),

person_map as (

    select * from {{ ref('person_map') }}
    where
        source = 'salesforce'
        and source_object in ('contacts', 'leads')
        and not is_deleted

),

owner_map as (

    select * from {{ ref('owner_map') }}
    where source = 'salesforce' and not is_deleted

),

-- A lead that was converted is a contact now; of several records one is called.
people as (

    select
        person_id,
        {{ first_by('source_record_id', '(source_object, source_record_id)') }} as who_id
    from person_map
    group by person_id

),

opportunities as (

    select
        opportunity_id,
        min(source_record_id) as what_id
    from opportunity_map
    group by opportunity_id

),

users as (

    select
        owner_id,
        min(source_record_id) as user_id
    from owner_map
    group by owner_id

),

final as (

    select
        overdue_work.work_key,
        left(
            case overdue_work.kind
                when 'stage' then 'Stalled: '
                when 'lead_response' then 'Answer the MQL: '
                else 'Accept or reject the MQL: '
            end
            || coalesce(overdue_work.subject_name, overdue_work.subject_id),
            255
        ) as task_subject,
        overdue_work.reason_en || chr(10) || overdue_work.reason_ja as description,
        {{ next_weekday(policy('as_of_date')) }} as due_date,
        'Not Started' as status,
        'High' as priority,
        users.user_id,
        opportunities.what_id,
        people.who_id
    from overdue_work
    left join opportunities
        on {{ subject_of('opportunity', 'overdue_work') }} = opportunities.opportunity_id
    left join people
        on {{ subject_of('person', 'overdue_work') }} = people.person_id
    left join users
        on overdue_work.owner_id = users.owner_id
    left join unanswered
        on
            overdue_work.subject_id = unanswered.subject_id
            and overdue_work.waiting_since = unanswered.waiting_since
    -- Whom Salesforce does not know, nobody there can be asked about. What was not answered is not
    -- asked to be decided upon.
    where
        (opportunities.what_id is not null or people.who_id is not null)
        and not (overdue_work.kind = 'mql_to_sal' and unanswered.subject_id is not null)

)

select * from final
