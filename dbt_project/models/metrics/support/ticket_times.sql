with

ticket as (

    select * from {{ ref('ticket') }}
    where
        not is_deleted
        and merged_into_ticket_id is null
        and created_at < {{ policy('as_of') }}

),

ticket_comment as (

    select * from {{ ref('ticket_comment') }}
    where
        author_role = 'agent'
        and is_public
        and created_at < {{ policy('as_of') }}

),

ticket_status_history as (

    select
        *,
        {{ ticket_status_order('status') }} as status_order
    from {{ ref('ticket_status_history') }}
    where entered_at < {{ policy('as_of') }}

),

replies as (

    select
        *,
        row_number() over (partition by ticket_id order by created_at, comment_id) as reply_no
    from ticket_comment

),

statuses as (

    select
        ticket_id,
        min(entered_at) filter (where status = 'solved') as first_solved_at,
        max(entered_at) filter (where status = 'solved') as last_solved_at,
        min(entered_at) filter (where status = 'closed') as first_closed_at,
        count(*) filter (where status = 'solved') as times_solved,
        {{ last_by('status', '(entered_at, status_order)') }} as last_status
    from ticket_status_history
    group by ticket_id

),

-- Who opens a ticket for a customer writes the first comment, which is no reply.
handled as (

    select
        ticket.ticket_id,
        ticket.account_id,
        ticket.requester_person_id,
        ticket.schedule_id,
        ticket.priority,
        ticket.created_at,
        replies.created_at as first_replied_at,
        coalesce(statuses.first_solved_at, statuses.first_closed_at) as first_resolved_at,
        coalesce(statuses.last_solved_at, statuses.first_closed_at) as last_resolved_at,
        coalesce(statuses.last_status, ticket.current_status) in ('solved', 'closed') as is_solved,
        greatest(coalesce(statuses.times_solved, 0) - 1, 0) as reopens
    from ticket
    left join replies
        on
            ticket.ticket_id = replies.ticket_id
            and replies.reply_no = case when ticket.created_by = 'agent' then 2 else 1 end
    left join statuses
        on ticket.ticket_id = statuses.ticket_id

),

resolved as (

    select
        *,
        case when is_solved then last_resolved_at end as fully_resolved_at
    from handled

),

clocked as (

    select * from {{ business_time('resolved', 'schedule_id', {
        'created_business_us': 'created_at',
        'first_replied_business_us': 'first_replied_at',
        'first_resolved_business_us': 'first_resolved_at',
        'fully_resolved_business_us': 'fully_resolved_at'
    }) }}

),

measured as (

    select
        *,
        {{ microseconds('first_replied_at') }} - {{ microseconds('created_at') }}
            as first_reply_us,
        {{ microseconds('first_resolved_at') }} - {{ microseconds('created_at') }}
            as first_resolution_us,
        {{ microseconds('fully_resolved_at') }} - {{ microseconds('created_at') }}
            as full_resolution_us,
        first_replied_business_us - created_business_us as first_reply_business_us,
        first_resolved_business_us - created_business_us as first_resolution_business_us,
        fully_resolved_business_us - created_business_us as full_resolution_business_us
    from clocked

),

final as (

    select
        ticket_id,
        account_id,
        requester_person_id,
        schedule_id,
        priority,
        created_at,
        first_replied_at,
        first_resolved_at,
        fully_resolved_at,
        is_solved,
        reopens,
        first_reply_us,
        first_resolution_us,
        full_resolution_us,
        first_reply_business_us,
        first_resolution_business_us,
        full_resolution_business_us,
        {{ as_minutes('first_reply_us') }} as first_reply_minutes,
        {{ as_minutes('first_resolution_us') }} as first_resolution_minutes,
        {{ as_minutes('full_resolution_us') }} as full_resolution_minutes,
        {{ as_minutes('first_reply_business_us') }} as first_reply_business_minutes,
        {{ as_minutes('first_resolution_business_us') }} as first_resolution_business_minutes,
        {{ as_minutes('full_resolution_business_us') }} as full_resolution_business_minutes
    from measured

)

select * from final
