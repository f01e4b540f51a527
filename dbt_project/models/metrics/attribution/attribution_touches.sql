with

deals as (

    select * from {{ ref('attribution_deals') }}

),

eligible as (

    select * from {{ ref('deal_touches') }}

),

first_people as (

    select
        scope,
        opportunity_id,
        min(person_created_at) as person_created_at
    from eligible
    group by scope, opportunity_id

),

numbered as (

    select
        eligible.*,
        deals.outcome,
        deals.is_closed_in_window,
        deals.is_created_in_window,
        deals.created_at,
        coalesce(deals.lead_created_at, first_people.person_created_at) as lead_created_at,
        row_number() over (
            partition by eligible.scope, eligible.opportunity_id
            order by eligible.occurred_at, eligible.touch_id
        ) as touch_no
    from eligible
    inner join deals
        on eligible.opportunity_id = deals.opportunity_id
    inner join first_people
        on
            eligible.scope = first_people.scope
            and eligible.opportunity_id = first_people.opportunity_id

),

-- The last touch before an instant has the number of touches before it.
milestones as (

    select
        scope,
        opportunity_id,
        count(*) as touch_count,
        count(*) filter (where occurred_at <= lead_created_at) as lead_touch_no,
        count(*) filter (where occurred_at <= created_at) as opportunity_touch_no,
        max(occurred_at) as last_occurred_at
    from numbered
    group by scope, opportunity_id

),

final as (

    select
        numbered.deal_touch,
        numbered.scope,
        numbered.opportunity_id,
        numbered.outcome,
        numbered.is_closed_in_window,
        numbered.is_created_in_window,
        numbered.touch_id,
        numbered.person_id,
        numbered.occurred_at,
        numbered.channel,
        numbered.campaign_id,
        numbered.touch_type,
        numbered.is_marketing,
        numbered.touch_no,
        milestones.touch_count,
        milestones.lead_touch_no,
        milestones.opportunity_touch_no,
        numbered.touch_no = 1 as is_first_touch,
        numbered.touch_no = milestones.lead_touch_no as is_lead_creation,
        numbered.touch_no = milestones.opportunity_touch_no as is_opportunity_creation,
        numbered.touch_no = milestones.touch_count as is_last_touch,
        {{ microseconds('milestones.last_occurred_at') }}
        - {{ microseconds('numbered.occurred_at') }} as before_last_touch_us
    from numbered
    inner join milestones
        on
            numbered.scope = milestones.scope
            and numbered.opportunity_id = milestones.opportunity_id

)

select * from final
