with

person_records as (

    select * from {{ ref('person_records') }}

),

person_map as (

    select * from {{ ref('person_map') }}

),

shared_mailboxes as (

    select * from {{ ref('shared_mailboxes') }}

),

held as (

    select
        record_reference,
        is_deleted,
        created_at,
        {{ each_entry('emails') }}
    from person_records

),

addresses as (

    select
        *,
        {{ valid_email(folded('entry')) }} as email
    from held

),

-- An address that two people's records hold is whose most living records say it is.
counted as (

    select
        addresses.email,
        person_map.person_id,
        count(*) filter (where not addresses.is_deleted) as live_count,
        min(addresses.created_at) as created_at
    from addresses
    inner join person_map
        on addresses.record_reference = person_map.record_reference
    where addresses.email is not null
    group by addresses.email, person_map.person_id

),

ranked as (

    select
        *,
        row_number() over (
            partition by email
            order by live_count desc, created_at asc nulls last, person_id asc
        ) as person_rank,
        count(*) over (partition by email) as person_count
    from counted

),

-- A mailbox that several people read is nobody's, unless one alone is known by it.
final as (

    select
        ranked.email,
        ranked.person_id
    from ranked
    left join shared_mailboxes
        on split_part(ranked.email, '@', 1) = shared_mailboxes.local_part
    where
        ranked.person_rank = 1
        and (shared_mailboxes.local_part is null or ranked.person_count = 1)

)

select * from final
