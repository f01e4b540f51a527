with

ticket_times as (

    select * from {{ ref('ticket_times') }}

),

ticket as (

    select * from {{ ref('ticket') }}

),

csat_response as (

    select * from {{ ref('csat_response') }}
    where score is not null and responded_at < {{ policy('as_of') }}

),

account as (

    select * from {{ ref('account') }}

),

person as (

    select * from {{ ref('person') }}

),

-- Who answers again about a ticket changes the answer; what erased people said does not count.
answers as (

    select
        csat_response.*,
        count(*) over (partition by csat_response.ticket_id) as response_count,
        row_number() over (
            partition by csat_response.ticket_id
            order by csat_response.responded_at desc, csat_response.response_id desc
        ) as answer_rank
    from csat_response
    left join person
        on
            csat_response.person_id = person.person_id
            and person.is_deleted
    where person.person_id is null

),

latest_answers as (

    select * from answers
    where answer_rank = 1

),

waited as (

    select
        *,
        case
            when not is_solved
                then {{ microseconds(policy('as_of')) }} - {{ microseconds('created_at') }}
        end as waiting_us
    from ticket_times

),

final as (

    select
        waited.ticket_id,
        waited.account_id,
        account.account_name,
        account.segment,
        account.owner_id as account_owner_id,
        waited.requester_person_id,
        requester.full_name as requester_name,
        ticket.created_by,
        waited.priority,
        waited.schedule_id,
        waited.created_at,
        {{ business_date('waited.created_at') }} as created_date,
        waited.first_replied_at,
        waited.first_resolved_at,
        waited.fully_resolved_at,
        waited.first_replied_at is not null as is_answered,
        waited.is_solved,
        waited.reopens,
        waited.reopens > 0 as is_reopened,
        {{ as_minutes('waited.waiting_us') }} as waiting_minutes,
        waited.first_reply_minutes,
        waited.first_reply_business_minutes,
        waited.first_resolution_minutes,
        waited.first_resolution_business_minutes,
        waited.full_resolution_minutes,
        waited.full_resolution_business_minutes,
        latest_answers.score as csat_score,
        latest_answers.score >= {{ policy('csat_positive_min') }} as is_csat_positive,
        latest_answers.responded_at as csat_responded_at,
        {{ business_date('latest_answers.responded_at') }} as csat_responded_date,
        coalesce(latest_answers.response_count, 0) as csat_response_count
    from waited
    inner join ticket
        on waited.ticket_id = ticket.ticket_id
    left join account
        on waited.account_id = account.account_id
    left join person as requester
        on
            waited.requester_person_id = requester.person_id
            and not requester.is_deleted
    left join latest_answers
        on waited.ticket_id = latest_answers.ticket_id

)

select * from final
