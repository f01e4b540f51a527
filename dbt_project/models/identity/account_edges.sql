with

edges as (

    select * from {{ ref('edges') }}
    where entity = 'company'

),

account_map as (

    select * from {{ ref('account_map') }}

),

final as (

    select
        edges.edge_id,
        edges.left_record,
        edges.right_record,
        edges.tier,
        edges.rule,
        edges.weight,
        edges.inputs,
        edges.accepted,
        edges.reason,
        left_side.account_id,
        right_side.account_id as other_account_id
    from edges
    inner join account_map as left_side
        on edges.left_record = left_side.record_reference
    inner join account_map as right_side
        on edges.right_record = right_side.record_reference

)

select * from final
