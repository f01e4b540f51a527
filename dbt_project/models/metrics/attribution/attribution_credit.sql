with

won as (

    select * from {{ ref('attribution_deals') }}
    where outcome = 'won' and is_closed_in_window

),

models as (

    select * from {{ ref('policy_attribution_models') }}

),

weights as (

    select * from {{ ref('attribution_weights') }}

),

shares as (

    select
        weights.touch_weight as credit_key,
        weights.model,
        weights.method,
        weights.scope,
        weights.opportunity_id,
        weights.touch_id,
        weights.channel,
        weights.campaign_id,
        weights.touch_no,
        weights.weight,
        {{ whole('weights.weight_parts') }} as share_parts,
        {{ whole('weights.weight_total') }} as share_total,
        won.amount_units
    from weights
    inner join won
        on weights.opportunity_id = won.opportunity_id

),

-- Shares by age are as exact as a double: a millionth of a cent is the least that tells them apart.
{{ given_out('shares', ['scope', 'opportunity_id', 'model'], ['touch_no'], compared=(
    "case when method = 'time_decay' then "
    ~ millionths('remainder_parts', 'share_total') ~ ' else remainder_parts end'
)) }},

credited_deals as (

    select distinct
        model,
        scope,
        opportunity_id
    from shares

),

-- What no touch earned stays visible, so that every total is what was won.
unattributed as (

    select
        models.model || ':' || models.scope || ':' || won.opportunity_id as credit_key,
        models.model,
        models.scope,
        won.opportunity_id,
        '(unattributed)' as touch_id,
        '(unattributed)' as channel,
        won.amount_units as given_units
    from won
    cross join models
    left join credited_deals
        on
            models.model = credited_deals.model
            and models.scope = credited_deals.scope
            and won.opportunity_id = credited_deals.opportunity_id
    where credited_deals.opportunity_id is null

),

every_credit as (

    select
        credit_key,
        model,
        scope,
        opportunity_id,
        touch_id,
        channel,
        campaign_id,
        touch_no,
        weight,
        true as is_attributed,
        given_units
    from given_out

    union all

    select
        credit_key,
        model,
        scope,
        opportunity_id,
        touch_id,
        channel,
        cast(null as varchar) as campaign_id,
        cast(null as bigint) as touch_no,
        cast(null as decimal(38, 10)) as weight,
        false as is_attributed,
        given_units
    from unattributed

),

final as (

    select
        credit_key,
        model,
        scope,
        opportunity_id,
        touch_id,
        channel,
        campaign_id,
        touch_no,
        weight,
        is_attributed,
        {{ money_of_minor_units('given_units') }} as amount
    from every_credit

)

select * from final
