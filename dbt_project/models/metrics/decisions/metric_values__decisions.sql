with

decisions as (

    select * from {{ ref('decisions') }}
    where subject = 'opportunity'

),

final as (

    {{ metrics([
        metric('decision_action', 'decisions', 'action', 'text', {'opportunity_id': 'subject_id'})
    ]) }}

)

select * from final
