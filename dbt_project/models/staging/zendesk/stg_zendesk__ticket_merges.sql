{# Two tickets' updates make one row, so all of them are read each time. #}
{{ config(materialized='table') }}

with

source as (

    select * from {{ latest_version(source('zendesk', 'ticket_events')) }}

),

children as (

    select
        _key,
        _deleted,
        _extracted_at,
        _run_id,
        {{ json_text('payload', '$.ticket_id') }} as ticket_id,
        {{ json_text('payload', '$.updater_id') }} as updater_id,
        {{ as_timestamp(json_text('payload', '$.created_at')) }} as occurred_at,
        unnest({{ json_list('payload', '$.child_events') }}) as child
    from source

),

comments as (

    select
        *,
        {{ json_text('child', '$.via.source.rel') }} = 'merge' as is_from_merge,
        {{ numbered_reference(json_text('child', '$.body')) }} as named_ticket_id
    from children
    where {{ json_text('child', '$.event_type') }} = 'Comment'

),

-- The update that closed the ticket carries the tool's own tag, in every language.
closed as (

    select *
    from children
    where
        coalesce({{ json_text('child', '$.added_tags') }}, {{ json_text('child', '$.tags') }})
        like '%closed_by_merge%'
    qualify row_number() over (partition by ticket_id order by occurred_at, _key) = 1

),

-- Its notice names the ticket that it was merged into, unless somebody rewrote it.
by_notice as (

    select
        closed._key,
        min_by(comments.named_ticket_id, {{ json_text('comments.child', '$.id') }})
            as named_ticket_id
    from closed
    inner join comments on closed._key = comments._key
    where comments.named_ticket_id is not null and not coalesce(comments.is_from_merge, false)
    group by closed._key

),

sources as (

    select
        ticket_id,
        occurred_at,
        unnest(
            coalesce(
                {{ json_list('child', '$.via.source.from.ticket_ids') }},
                [{{ json_text('child', '$.via.source.from.ticket_id') }}]
            )
        ) as merged_ticket_id
    from comments
    where is_from_merge

),

-- The other ticket's comment says of which tickets it is the sum.
by_source as (

    select
        merged_ticket_id,
        arg_min(ticket_id, occurred_at) as ticket_id
    from sources
    where merged_ticket_id is not null
    group by merged_ticket_id

),

renamed as (

    select
        -- ids
        closed.ticket_id,
        coalesce(by_source.ticket_id, by_notice.named_ticket_id) as merged_into_ticket_id,
        closed.updater_id,

        -- strings
        case
            when by_source.ticket_id is not null then 'source'
            when by_notice.named_ticket_id is not null then 'notice'
        end as evidence,

        -- timestamps
        closed.occurred_at as merged_at,

        -- lineage
        closed._key,
        closed._extracted_at,
        closed._run_id
    from closed
    left join by_source on closed.ticket_id = by_source.merged_ticket_id
    left join by_notice on closed._key = by_notice._key

)

select * from renamed
