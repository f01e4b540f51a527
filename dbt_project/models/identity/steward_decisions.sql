with

remembered as (

    select * from {{ remembered('identity_decisions') }}

),

final as (

    select
        decision_id,
        entity,
        decision,
        left_record,
        right_record,
        attribute,
        value,
        because,
        decided_by,
        decided_at
    from remembered

)

select * from final
