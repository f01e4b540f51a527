with recursive

company_records as (

    select * from {{ ref('company_records') }}
    where not is_deleted

),

account_map as (

    select * from {{ ref('account_map') }}

),

-- What the tools say, as accounts; a parent that is the same account says nothing.
said as (

    select
        child.account_id,
        parent.account_id as parent_account_id,
        company_records.record_reference,
        row_number() over (
            partition by child.account_id
            order by
                {{ source_priority('company_records.source') }},
                company_records.updated_at desc nulls last,
                company_records.record_reference
        ) as said_rank
    from company_records
    inner join account_map as child
        on company_records.record_reference = child.record_reference
    inner join account_map as parent
        on company_records.parent_reference = parent.record_reference
    where child.account_id != parent.account_id

),

parents as (

    select
        account_id,
        parent_account_id,
        record_reference
    from said
    where said_rank = 1

),

-- Upwards from every account; a walk that comes to where it has been ends there.
walks as (

    select
        account_id,
        account_id as ancestor_id,
        0 as depth,
        [account_id] as visited
    from parents

    union all

    select
        walks.account_id,
        parents.parent_account_id as ancestor_id,
        walks.depth + 1 as depth,
        list_append(walks.visited, parents.parent_account_id) as visited
    from walks
    inner join parents
        on walks.ancestor_id = parents.account_id
    where not list_contains(walks.visited, parents.parent_account_id)

),

-- Around a cycle there is no top: the walk's smallest account stands for it, seen from everywhere.
tops as (

    select
        walks.account_id,
        max(walks.depth) as depth,
        coalesce(
            max(walks.ancestor_id) filter (where parents.account_id is null),
            min(walks.ancestor_id)
        ) as ultimate_parent_account_id,
        bool_and(parents.account_id is not null) as is_cyclic
    from walks
    left join parents
        on walks.ancestor_id = parents.account_id
    group by walks.account_id

),

final as (

    select
        parents.account_id,
        parents.parent_account_id,
        tops.ultimate_parent_account_id,
        tops.depth,
        tops.is_cyclic,
        parents.record_reference
    from parents
    inner join tops
        on parents.account_id = tops.account_id

)

select * from final
