with

credit as (

    select * from {{ ref('attribution_credit') }}

),

deals as (

    select * from {{ ref('marketing_influence') }}

),

touches as (

    select * from {{ ref('attribution_touches') }}

),

accounts as (

    select * from {{ ref('account') }}

),

final as (

    select
        credit.credit_key,
        credit.model,
        credit.scope,
        credit.opportunity_id,
        deals.opportunity_type,
        deals.account_id,
        accounts.account_name,
        deals.owner_id,
        deals.close_date,
        deals.credit_class as marketing_credit_class,
        credit.is_attributed,
        credit.touch_id,
        touches.occurred_at as touched_at,
        touches.person_id,
        credit.channel,
        credit.campaign_id,
        touches.touch_type,
        credit.touch_no,
        touches.touch_count,
        coalesce(touches.is_first_touch, false) as is_first_touch,
        coalesce(touches.is_lead_creation, false) as is_lead_creation,
        coalesce(touches.is_opportunity_creation, false) as is_opportunity_creation,
        coalesce(touches.is_last_touch, false) as is_last_touch,
        cast(credit.weight as decimal(20, 10)) as weight,
        credit.amount as credited_amount
    from credit
    inner join deals
        on credit.opportunity_id = deals.opportunity_id
    left join touches
        on
            credit.scope = touches.scope
            and credit.opportunity_id = touches.opportunity_id
            and credit.touch_id = touches.touch_id
    left join accounts
        on deals.account_id = accounts.account_id

)

select * from final
