-- One that begins late makes a ticket look fast, one that ends early keeps it open.
with

bounds as (

    select
        ticket_id,
        min(entered_at) as began_at,
        {{ first_by('status', '-seq') }} as last_status
    from {{ ref('ticket_status_history') }}
    group by ticket_id

)

select ticket.ticket_id
from {{ ref('ticket') }} as ticket
left join bounds
    on ticket.ticket_id = bounds.ticket_id
where
    ticket.created_at is distinct from bounds.began_at
    or ticket.current_status is distinct from bounds.last_status
