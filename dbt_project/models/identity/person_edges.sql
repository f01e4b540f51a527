with

edges as (

    select * from {{ ref('edges') }}
    where entity = 'person'

),

person_map as (

    select * from {{ ref('person_map') }}

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
        left_side.person_id,
        right_side.person_id as other_person_id
    from edges
    inner join person_map as left_side
        on edges.left_record = left_side.record_reference
    inner join person_map as right_side
        on edges.right_record = right_side.record_reference

)

select * from final
