with

instants as (

    select * from {{ ref('health_instants') }}

),

ticket as (

    select * from {{ ref('ticket_times') }}
    where account_id is not null

),

ticket_status_history as (

    select
        *,
        {{ ticket_status_order('status') }} as status_order
    from {{ ref('ticket_status_history') }}
    where entered_at < {{ policy('as_of') }}

),

statuses as (

    select
        ticket.ticket_id,
        ticket.account_id,
        ticket.created_at,
        ticket.is_solved,
        ticket_status_history.entered_at,
        ticket_status_history.status in ('solved', 'closed') as was_solved,
        ticket_status_history.status = 'deleted' as was_deleted,
        row_number() over same_ticket as status_no,
        lag(ticket_status_history.status) over same_ticket in ('solved', 'closed')
            as was_solved_before,
        lead(ticket_status_history.entered_at) over same_ticket as left_at
    from ticket
    left join ticket_status_history
        on ticket.ticket_id = ticket_status_history.ticket_id
    window same_ticket as (
        partition by ticket.ticket_id
        order by ticket_status_history.entered_at, ticket_status_history.status_order
    )

),

-- Until its first status a ticket waits. Of one that tells none, only what it is now is known.
waits as (

    select
        ticket_id,
        account_id,
        created_at,
        entered_at as waits_from,
        coalesce(left_at, {{ last_instant() }}) as waits_until,
        false as is_of_now
    from statuses
    where not was_solved

    union all

    select
        ticket_id,
        account_id,
        created_at,
        created_at as waits_from,
        coalesce(entered_at, {{ last_instant() }}) as waits_until,
        entered_at is null as is_of_now
    from statuses
    where status_no = 1 and (entered_at is not null or not is_solved)

),

unsolved as (

    select
        waits.account_id,
        instants.seen_at,
        count(distinct waits.ticket_id) as unsolved_tickets,
        0 as reopened_tickets
    from waits
    inner join instants
        on
            waits.created_at < instants.seen_at
            and waits.waits_from < instants.seen_at
            and waits.waits_until >= instants.seen_at
    where instants.is_reported or not waits.is_of_now
    group by waits.account_id, instants.seen_at

),

reopened as (

    select
        statuses.account_id,
        instants.seen_at,
        0 as unsolved_tickets,
        count(distinct statuses.ticket_id) as reopened_tickets
    from statuses
    inner join instants
        on
            statuses.entered_at >= instants.ninety_days_before_at
            and statuses.entered_at < instants.seen_at
            and statuses.created_at < instants.seen_at
    where statuses.was_solved_before and not statuses.was_solved and not statuses.was_deleted
    group by statuses.account_id, instants.seen_at

),

both_kinds as (

    select * from unsolved

    union all

    select * from reopened

),

final as (

    select
        account_id || ' ' || cast(seen_at as varchar) as account_instant,
        account_id,
        seen_at,
        sum(unsolved_tickets) as unsolved_tickets,
        sum(reopened_tickets) as reopened_tickets
    from both_kinds
    group by account_id, seen_at

)

select * from final
