with

opportunity_map as (

    select * from {{ ref('opportunity_map') }}
    where
        source = 'hubspot'
        and source_object = 'deals'
        and not is_deleted

),

opportunities as (

    select * from {{ ref('opportunities') }}

),

next_actions as (

    select * from {{ ref('next_actions') }}
    where subject = 'opportunity'

),

final as (

    select
        opportunity_map.source_record_id as hubspot_deal_id,
        next_actions.decision_key,
        next_actions.action_en as next_action,
        next_actions.reason_en as next_action_reason,
        cast(floor(opportunities.days_in_current_stage) as integer) as days_in_stage
    from opportunity_map
    inner join next_actions
        on opportunity_map.opportunity_id = next_actions.subject_id
    inner join opportunities
        on opportunity_map.opportunity_id = opportunities.opportunity_id

)

select * from final
