with

touches as (

    select * from {{ ref('attribution_touches') }}
    where outcome = 'won' and is_closed_in_window

),

models as (

    select
        *,
        cast(
            first_touch_parts + lead_creation_parts + opportunity_creation_parts + close_parts
            as hugeint
        ) as milestone_parts
    from {{ ref('policy_attribution_models') }}

),

-- What a touch gets as a milestone: milestones that fall on one touch add up on it.
placed as (

    select
        touches.deal_touch,
        touches.scope,
        touches.opportunity_id,
        models.model,
        case when touches.is_first_touch then models.first_touch_parts else 0 end
        + case when touches.is_lead_creation then models.lead_creation_parts else 0 end
        + case
            when touches.is_opportunity_creation then models.opportunity_creation_parts else 0
        end
        + case when touches.is_last_touch then models.close_parts else 0 end as own_parts,
        not models.middle_ends_at_opportunity
        or touches.touch_no <= touches.opportunity_touch_no as may_be_middle,
        case
            when models.method = 'time_decay'
                then {{ parts_left_with_age(
                    'touches.before_last_touch_us', policy('time_decay_half_life_days')
                ) }}
        end as aged_parts
    from touches
    inner join models
        on touches.scope = models.scope

),

counted as (

    select
        scope,
        opportunity_id,
        model,
        sum(own_parts) as present_parts,
        cast(count(*) filter (where own_parts = 0 and may_be_middle) as hugeint) as middle_touches,
        sum(aged_parts) as aged_total
    from placed
    group by scope, opportunity_id, model

),

-- Absent milestones leave their share to those that are there, and so do absent middle touches.
weighed as (

    select
        placed.deal_touch,
        models.model,
        models.method,
        case
            when models.method = 'time_decay' then placed.aged_parts
            when counted.present_parts = 0
                then case when placed.may_be_middle and models.middle_parts > 0 then 1 else 0 end
            when counted.middle_touches = 0 then placed.own_parts
            when placed.own_parts > 0
                then placed.own_parts * models.milestone_parts * counted.middle_touches
            when placed.may_be_middle then models.middle_parts * counted.present_parts
            else 0
        end as weight_parts,
        case
            when models.method = 'time_decay' then counted.aged_total
            when counted.present_parts = 0 then counted.middle_touches
            when counted.middle_touches = 0 then counted.present_parts
            else
                counted.present_parts * counted.middle_touches
                * (models.milestone_parts + models.middle_parts)
        end as weight_total
    from placed
    inner join counted
        on
            placed.scope = counted.scope
            and placed.opportunity_id = counted.opportunity_id
            and placed.model = counted.model
    inner join models
        on
            placed.model = models.model
            and placed.scope = models.scope

),

final as (

    select
        weighed.model || ':' || weighed.deal_touch as touch_weight,
        weighed.model,
        weighed.method,
        touches.scope,
        touches.opportunity_id,
        touches.touch_id,
        touches.channel,
        touches.campaign_id,
        touches.touch_no,
        {{ kept_whole('weighed.weight_parts') }} as weight_parts,
        {{ kept_whole('weighed.weight_total') }} as weight_total,
        {{ ten_places(rounded_quotient(
            'weighed.weight_parts * 10000000000', 'weighed.weight_total'
        )) }} as weight
    from weighed
    inner join touches
        on weighed.deal_touch = touches.deal_touch
    where weighed.weight_parts > 0 or weighed.method = 'time_decay'

)

select * from final
