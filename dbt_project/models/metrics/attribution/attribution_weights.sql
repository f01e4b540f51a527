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
        touches.touch_id,
        touches.channel,
        touches.campaign_id,
        touches.touch_no,
        touches.before_last_touch_us,
        models.model,
        models.method,
        models.milestone_parts as all_milestone_parts,
        cast(models.middle_parts as hugeint) as middle_parts,
        case when touches.is_first_touch then models.first_touch_parts else 0 end
        + case when touches.is_lead_creation then models.lead_creation_parts else 0 end
        + case
            when touches.is_opportunity_creation then models.opportunity_creation_parts else 0
        end
        + case when touches.is_last_touch then models.close_parts else 0 end as own_parts,
        not models.middle_ends_at_opportunity
        or touches.touch_no <= touches.opportunity_touch_no as may_be_middle
    from touches
    inner join models
        on touches.scope = models.scope

),

counted as (

    select
        *,
        own_parts = 0 and may_be_middle as is_middle,
        sum(own_parts) over deal as present_parts,
        count(*) filter (where own_parts = 0 and may_be_middle) over deal as middle_touches
    from placed
    window deal as (partition by scope, opportunity_id, model)

),

-- Absent milestones leave their share to those that are there, and so do absent middle touches.
weighed as (

    select
        *,
        case
            when method = 'time_decay'
                then {{ parts_left_with_age(
                    'before_last_touch_us', policy('time_decay_half_life_days')
                ) }}
            when present_parts = 0 then case when is_middle and middle_parts > 0 then 1 else 0 end
            when middle_touches = 0 then own_parts
            when is_middle then middle_parts * present_parts
            else own_parts * all_milestone_parts * middle_touches
        end as weight_parts
    from counted

),

totalled as (

    select
        *,
        sum(cast(weight_parts as hugeint)) over (partition by scope, opportunity_id, model)
            as weight_total
    from weighed

),

final as (

    select
        model || ':' || deal_touch as touch_weight,
        model,
        method,
        scope,
        opportunity_id,
        touch_id,
        channel,
        campaign_id,
        touch_no,
        cast(weight_parts as hugeint) as weight_parts,
        cast(weight_total as hugeint) as weight_total,
        {{ ten_places(rounded_quotient('weight_parts * 10000000000', 'weight_total')) }} as weight
    from totalled
    where weight_parts > 0 or method = 'time_decay'

)

select * from final
